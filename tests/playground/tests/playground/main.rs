//! The playground in a real Chromium, as people use it.

#[cfg(test)]
mod accessibility;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod motion;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod story;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod world;
#[cfg(test)]
mod yours;
