//! I8, I9, I11, I14 at full size: crowds of honest tokens at a rotation and in an outage, crowds of
//! strangers at any time.

#[cfg(test)]
mod outages;
#[cfg(test)]
mod rotations;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
