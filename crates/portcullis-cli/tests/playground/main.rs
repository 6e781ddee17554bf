//! The playground of `portcullis demo`, spoken to over HTTP as its page does it, and as no page may.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod login;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod story;
#[cfg(test)]
mod yours;
