//! What the flights are for, at the size they are for: ten thousand requests at once, and
//! whatever can befall the call they wait for. Counters decide.

#[cfg(test)]
mod mishaps;
#[cfg(test)]
mod order;
#[cfg(test)]
mod throng;
