//! A12 to A14: by which method the resource server says who it is, and methods without a secret.

#[cfg(test)]
mod aliases;
#[cfg(test)]
mod bearer;
#[cfg(test)]
mod mutual_tls;
#[cfg(test)]
mod offered;
