//! Section R: security events of the issuer, pushed or polled for.

#[cfg(test)]
mod confusion;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod form;
#[cfg(test)]
mod instances;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod poll;
#[cfg(test)]
mod push;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod subjects;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transmitter;
#[cfg(test)]
mod verification;
