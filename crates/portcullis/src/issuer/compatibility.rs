//! What servers do otherwise than the standards have it: a switch each, named for a server that
//! needs it, and none is on by default. What their JWTs lack is told by
//! [`AccessTokenProfile`](crate::AccessTokenProfile).

use super::{IssuerBuilder, WithCredentials};

impl<A> IssuerBuilder<A> {
    /// Takes `scope` as an array of names too, as Spring Authorization Server has it in its JWTs.
    /// RFC 9068 §2.2.3 and RFC 7662 §2.2 have one text, separated by spaces; unless this is said, an
    /// array grants nothing. Neither does one with anything but scope names in it (RFC 6749 §3.3).
    pub fn spring_scope_array(self) -> Self {
        self.with(|settings| settings.dialect.scope_array = true)
    }

    /// Takes the scopes from `scp`, an array of names, where there is no `scope`, as Ory Hydra has
    /// it in its JWTs unless it is told otherwise (`strategies.jwt.scope_claim`).
    pub fn hydra_scp_array(self) -> Self {
        self.with(|settings| settings.dialect.scp_array = true)
    }
}

impl IssuerBuilder<WithCredentials> {
    /// Lets an answer of nothing but `"active": true`, as oauth2-mock-server gives, confirm a JWT
    /// that is good here: its audience, scopes and roles stay those of the JWT. Unless this is said,
    /// what the server's answer does not say is empty, and without our audience it is no answer
    /// for us.
    ///
    /// Roles that were taken away since are then not noticed before the token ends. An answer that
    /// says anything else counts as any other does. Only [`hybrid`](crate::Issuer::hybrid) has a
    /// JWT to confirm: to [`introspection`](crate::Issuer::introspection) such an answer says
    /// nothing.
    pub fn minimal_answers(self) -> Self {
        self.with(|settings| settings.dialect.minimal_answers = true)
    }
}
