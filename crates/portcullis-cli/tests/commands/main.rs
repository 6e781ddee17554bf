//! The commands as processes: what they print, and how they end.

#[cfg(test)]
mod doctor;
#[cfg(test)]
mod doctor_and_bound_tokens;
#[cfg(test)]
mod doctor_and_clocks;
#[cfg(test)]
mod doctor_and_connections;
#[cfg(test)]
mod doctor_and_credentials;
#[cfg(test)]
mod doctor_and_issuers;
#[cfg(test)]
mod doctor_and_keys;
#[cfg(test)]
mod doctor_and_logout;
#[cfg(test)]
mod doctor_and_settings;
#[cfg(test)]
mod doctor_and_tokens;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unusual;
