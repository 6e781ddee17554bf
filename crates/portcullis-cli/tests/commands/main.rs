//! The commands as processes: what they print, and how they end.

#[cfg(test)]
mod inspect;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unusual;
