//! Section E: what is remembered of a token and for how long, one call for those who ask
//! together, live answers, and JWTs beside opaque tokens.

#[cfg(test)]
mod cache_keys;
#[cfg(test)]
mod cache_life;
#[cfg(test)]
mod flights;
#[cfg(test)]
mod hybrid;
#[cfg(test)]
mod lightweight;
#[cfg(test)]
mod live;
#[cfg(test)]
mod negative;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod said_again;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod support;
