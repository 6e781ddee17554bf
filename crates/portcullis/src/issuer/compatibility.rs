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
    /// it in its JWTs unless it is told otherwise (`strategies.jwt.scope_claim`); in answers, too.
    /// Beside a `scope`, even one that grants nothing, it does not count; nor does one that is text,
    /// or has anything but scope names in it.
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
    /// says anything else counts as any other does, and where answers about access tokens are known
    /// by what they have ([`access_tokens_have`](Self::access_tokens_have), the profile) one that has
    /// nothing is none.
    ///
    /// Only [`hybrid`](crate::Issuer::hybrid) has a JWT to confirm. To
    /// [`introspection`](crate::Issuer::introspection), and about an opaque token, such an answer
    /// names no audience and is refused; where the audience is waived
    /// ([`danger_any_audience`](Self::danger_any_audience)) the token is let in, without scopes,
    /// roles and subject.
    pub fn minimal_answers(self) -> Self {
        self.with(|settings| settings.dialect.minimal_answers = true)
    }
}
