//! What an operator should know of each reason: fixed text, which may be shown wherever the reason may.

use super::Reason;

/// One row for each reason: which of our names bear on it, what was found, and what to do first.
///
/// A row says what the rule found, and nothing of this request, this token or this configuration: not
/// which audience, issuer, key or time was expected, and not why a server calls a token inactive.
macro_rules! explanations {
    ($($reason:ident [$($setting:literal)*] $explanation:literal $cure:literal)+) => {
        impl Reason {
            /// What was found, for whoever runs the service: fixed text. It says more than
            /// [`description`](Self::description), which clients read.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$reason => $explanation,)+
                }
            }

            /// The names of settings and types of Portcullis that bear on it, the most likely one
            /// first. Never their values.
            #[must_use]
            pub const fn settings(self) -> &'static [&'static str] {
                match self {
                    $(Self::$reason => &[$($setting),*],)+
                }
            }

            /// What to do first: fixed text.
            #[must_use]
            pub const fn cure(self) -> &'static str {
                match self {
                    $(Self::$reason => $cure,)+
                }
            }
        }
    };
}

explanations! {
    MissingToken ["optional" "extractor"]
        "The request has no credentials where this service looks for them: in the `Authorization` header unless another place is set. Credentials under a scheme that is not taken count as none."
        "Send `Authorization: Bearer <token>`, and see that proxies in front of the service pass the header on. Routes that strangers may use need an optional layer."
    MalformedCredentials ["extractor"]
        "The request has several sets of credentials or half of one: two headers, a list in one, a scheme without a token, an empty token, tokens in two places."
        "Send exactly one token in exactly one place, and see that no proxy adds a header of its own."
    MalformedToken ["max_token_length"]
        "The token has characters that no token has, is too long, or is a JWT of which a part is missing, empty or not strict base64url."
        "Send the token exactly as the authorization server has issued it: whole, without quotes, line breaks or a second `Bearer`."
    UnsupportedToken ["hybrid" "introspection" "opaque_jwe" "opaque_tokens_of" "refresh_tokens"]
        "Nothing on this route can verify a token of this kind: one that only the server can read where nobody is asked, an encrypted one, one that names no issuer where there are several, one whose issuer cannot be asked on a route that wants a live answer, or anything else where refresh tokens are wanted."
        "For tokens that only the server can read give the issuer client credentials and use its hybrid or introspecting verifier; where there are several issuers, say whose the opaque tokens are."
    MalformedHeader []
        "The JOSE header is no JSON object with unique names, is too long, has a member of the wrong type, or asks for something that is not understood (`crit`, `b64`, a nested token)."
        "Have the authorization server issue plain signed JWTs (RFC 7515) without extensions."
    AlgorithmNotAllowed ["algorithms"]
        "The token's `alg` is not on the list of algorithms that are allowed. Unsigned tokens (`none`) and those under a shared secret (`HS256` and the like) are never taken."
        "Let the authorization server sign access tokens with a key pair, such as RS256 or ES256. In Keycloak: the client's advanced settings, access token signature algorithm."
    NotAnAccessToken ["profile" "access_tokens_have" "access_tokens_lack"]
        "By its `typ`, or by other claims or members that tell kinds of tokens apart, this is no access token: an ID token, a refresh token, a logout token, or one that does not say what it is where it has to."
        "Let the client send its access token and not its ID token. If the server's access tokens look like this one, choose the profile that fits the server."
    MalformedClaims ["profile"]
        "The claims are no JSON object with unique names, one of them has a value of the wrong type, or one that the profile of access tokens wants is missing."
        "Compare the claims of a token with what the profile wants, and choose the profile that fits the server."
    WrongIssuer ["fetch_from" "local" "hybrid" "introspect" "member" "tenants"]
        "The token's `iss` is not the issuer that is configured, character for character."
        "Compare the two: scheme, host, port, realm and a slash at the end all count. Where the server has another name inside of the network, configure the name that stands in tokens, and the inner one as the address to fetch from."
    WrongAudience ["audience" "resource"]
        "The token's `aud` is missing, or does not name this service."
        "Have the server put this service's audience into the tokens of the client that calls it. In Keycloak: add a mapper of the type Audience to that client's dedicated scope."
    WrongParty ["authorized_parties"]
        "The token was issued to a client (`azp`, else `client_id`) that is not on the list of accepted ones."
        "Add the client to the list if it may call this service."
    Expired ["leeway"]
        "The token's `exp` has passed by more than the leeway."
        "Have the client renew its token before it ends. If new tokens are refused as well, set the clocks of this machine and of the server."
    NotYetValid ["leeway"]
        "The token's `nbf` is ahead by more than the leeway."
        "Set the clocks of this machine and of the server; if they are right, the token is meant for later."
    IssuedInFuture ["leeway"]
        "The token's `iat` is ahead by more than the leeway: two clocks differ."
        "Set the clocks of this machine and of the server, best by NTP."
    UnknownKey ["jwks_uri" "keys" "algorithms"]
        "The issuer publishes no key that fits the token's key id and algorithm, or only one that is not for such signatures."
        "See that the key set is that of the issuer who has signed the token, and that the key is still published there; keys that were given by hand do not follow a rotation."
    BadSignature ["jwks_uri" "keys"]
        "The issuer has a key that fits the token, and it has not signed this text: the token was changed on the way, or forged."
        "Obtain a new token. If that is refused as well, see that nothing between server and client rewrites tokens, and that the key set is the issuer's own."
    Inactive []
        "The authorization server says that the token is not active or not good for a grant, or said so before and cannot be asked again on this route. It does not say why."
        "Obtain a new token. If new tokens are inactive too, see whether the server lets the client that asks know of them: Keycloak does so only if that client is in their audience."
    Revoked []
        "The issuer has told this service that the token is over: by itself, or with its session, its subject, its client, or with all that was issued before some moment."
        "Log in again and obtain a new token."
    StatusNotValid ["status_lists"]
        "The status list that the token names does not call it valid, has no place for it, or is where lists may not be fetched from."
        "Obtain a new token. If new ones are refused as well, see whether the lists are published at the issuer, and allow the other place if they are not."
    Unconfirmed ["hybrid" "refuse_unconfirmed"]
        "Something has happened that the token may not have survived, or may have been missed, and on this route nobody can be asked about it."
        "Obtain a new token, or give the issuer client credentials and use its hybrid verifier, which asks."
    LivesTooLong ["max_token_lifetime"]
        "The token lives longer than what is over is remembered, or does not say for how long (`iat`, `exp`), and on this route nobody can be asked about it."
        "Lower the lifespan of access tokens at the server, raise the limit, or use the hybrid verifier, which asks."
    SenderConstrained ["dpop" "client_certificate"]
        "The token is bound to a key or a certificate that the request has not proven to hold, or it came under the scheme `DPoP` and is bound to no key."
        "Let the client send the proof of its key under the scheme `DPoP`, or call with its certificate; see that the layer judges proofs or knows certificates."
    BindingRequired ["RequireBinding"]
        "The route takes tokens alone that are bound to a key or a certificate, and this one is good for whoever has it."
        "Let the client obtain a bound token: with a DPoP proof (RFC 9449) or over mutual TLS (RFC 8705)."
    InvalidProof ["dpop" "or_at" "request_uri" "window"]
        "The DPoP proof is missing, is there twice, is malformed or badly signed, is too old, or was made for another method, address or token."
        "Let the client make a new proof for each request, for the address that it calls. Behind a proxy the layer has to be told that address."
    MalformedCertificate ["client_certificate" "client_cert_header" "forwarded_client_cert_header"]
        "What the trusted proxy says of the client's certificate is not one certificate."
        "See that the proxy replaces the header and adds nothing to one that the client has sent, and that it writes it in the form that is configured."
    ProofReplayed ["shared_store"]
        "The DPoP proof was used before, and each is good for one request."
        "Let the client make a new proof for each request, also where it sends a request again."
    ProofNeedsNonce ["nonces"]
        "The DPoP proof has no nonce of this service, or an old one."
        "Let the client send the request again with a proof that has the nonce from the header `DPoP-Nonce` of this answer."
    StatementsDisagree []
        "What the JWT says of its identity and what the authorization server says of the same token contradict each other."
        "See that the server that is asked is the one that issues the tokens, and that no mapper changes identity claims for introspection alone; the log names the claim."
    InsufficientAuthentication ["RequireAcr"]
        "The route wants another class of authentication (`acr`), or one that is not as long ago (`auth_time`)."
        "Let the client send the user to log in again with the `acr_values` and `max_age` of the challenge (RFC 9470)."
    MissingScope ["RequireScope"]
        "The token lacks a scope that the route requires."
        "Let the client ask for the scope that the challenge names, and let the server grant it to that client."
    MissingRole ["RequireRole"]
        "The token lacks a role that the route requires: a role of the realm, or one of a client."
        "Give the user or the service account the role, and see that the client's scopes put roles into its tokens; the log names the role."
    MissingAuthority ["RequireAuthority" "authorities"]
        "The token lacks an authority that the route requires, by the claims that authorities are taken from."
        "See that the claims are the right ones, and grant the authority at the server; the log names it."
    MissingPermission ["RequirePermission" "requesting_party_tokens"]
        "The token has no permission for the resource and scopes that the route requires, or has one that does not count since it could be for something else of the same name."
        "Let the client obtain a requesting party token, or have the server asked; require resources by their id where names are not unique. The log names the resource."
    PermissionNeeded ["RequirePermission"]
        "The token has no permission for what the route requires, and the challenge has a ticket with which the client may obtain one."
        "Let the client take the ticket to the authorization server (UMA 2.0) and come back with the token it gets."
    TicketUnavailable ["RequirePermission" "permission_endpoint"]
        "The token has no permission for what the route requires, and the server gave no ticket for it."
        "See the log for what the server said; this service's client needs the right to register permissions, and the resource has to exist."
    RequirementNotMet []
        "A requirement of the application's own is not met by the token."
        "See the application that has made the requirement."
    ClaimsDoNotFit ["Claims"]
        "The token is good, and its claims do not fit the type that the handler wants them in."
        "Make members optional that not every token has, or have the server add them; the log names the place."
    IssuerUnreachable ["fetch_from" "introspection_endpoint" "root_certificate"]
        "The authorization server could not be reached, or the call was cut short: name, network, TLS, or a service that was shutting down."
        "See whether the server is up and can be reached from this machine under the configured address; the log has the error."
    IssuerTimeout ["introspection_deadline" "fetch_deadline"]
        "The authorization server did not answer in time."
        "See what the server is busy with, or how far away it is; raise the deadline only if it is meant to be that slow."
    IssuerFailed []
        "The authorization server answered with an error, or what is needed to ask it could not be had."
        "See the server's own log, and the line of this service's log about the call."
    IssuerFailedAtToken []
        "The authorization server fails at this one token, or refuses to say anything about it, while it answers about others."
        "Obtain another token. If that helps nobody, see the server's own log."
    OtherIssuer ["fetch_from"]
        "The metadata at the configured address is that of another issuer."
        "Compare the `issuer` of the metadata with the configured one, character for character; set the server's public name (in Keycloak: `hostname`), or the address to fetch from."
    CallerDeadline []
        "Whoever has sent the request waits no longer: its own deadline (`grpc-timeout`) has passed."
        "Give the calls a longer deadline, or see why the authorization server is slow."
    IssuerAnswerMalformed ["introspection_endpoint" "jwks_uri" "signed_introspection"]
        "The authorization server, or something in between, answered with what is no answer of that kind."
        "See that the configured address is that of the endpoint and not of a login page or a proxy, and that answers come in the form that is asked for."
    IssuerDisabled []
        "The authorization server has switched the realm off."
        "Switch the realm on at the server."
    IssuerBusy ["introspection_calls" "recheck_budget"]
        "Too many calls to the authorization server are under way or wait to be made, or another instance still waits for its answer about the token."
        "See whether the server is slow. If it is not, allow more calls at once."
    CircuitOpen []
        "The authorization server has not answered lately, so nobody asks it for a while."
        "See whether the server is up; it is tried again by itself."
    RevocationPending []
        "News of the token, or of its subject, has just come in, and what becomes of the token cannot be told yet."
        "Come again in a moment."
    StatusUnavailable ["status_lists"]
        "The status list that the token names could not be had, or none that is new enough to judge it, or tokens name more lists than are kept at once."
        "See whether the address of the list can be reached from this machine; the log has the error."
    ProofUseUnknown ["shared_store" "max_proofs_per_key" "max_proofs"]
        "Whether the DPoP proof was used before cannot be told: the shared store does not answer, or there is no room to remember more proofs."
        "See whether the store can be reached, and whether the bounds fit the load."
    KeysUnavailable ["fetch_from" "jwks_uri" "jwks_max_stale"]
        "The issuer's keys could not be fetched, and there are none that may stand in."
        "See whether the issuer can be reached from this machine under the configured address; the log has the error."
    KeyPending ["unknown_key_fetches"]
        "The token's key is not known yet, and the key set is older than the token, or too many tokens wait for keys already; the next fetch will tell."
        "Come again in a moment. If it lasts, see whether strangers send tokens with made-up key ids."
    AnswerNotLive []
        "The route wants a live answer, and the one that came was made earlier, lay in a cache, or does not say when it was asked for."
        "Keep caches away from the introspection endpoint; a verifier of your own has to say when its call began."
    ClientCredentialsRefused ["client_secret" "client_secret_basic" "client_secret_post" "client_secret_jwt" "private_key_jwt" "tls_client_auth" "bearer" "basic_encoding"]
        "The authorization server refuses the credentials with which this service asks about tokens."
        "Compare client id and secret with what is registered there, and see that the client is confidential, enabled and authenticates by this method; the log has the status."
    RequestRefused ["introspection_endpoint" "token_type_hint" "basic_encoding" "client_secret"]
        "The authorization server refuses this service's own requests, redirects them, or publishes no endpoint for them."
        "See that the endpoint's address is the final one, and that the server knows the method of authentication; the log has the status."
    CannotAsk ["client_secret" "hybrid" "introspection"]
        "The route wants a live answer, and its verifier cannot ask anybody."
        "Give the issuer client credentials, and the layer its hybrid or introspecting verifier; or take the guard off the route."
    LayerMissing ["AuthenticateLayer"]
        "A guard or an extractor wants a token, and no layer around the route looks for one."
        "Add an `AuthenticateLayer` around the route, outside of guards and extractors."
    Internal []
        "A defect of Portcullis, or of a part that the application has brought: one that panicked, or broke its contract."
        "See the log for what it was, and report it if the part is not your own."
}
