use std::time::{Duration, SystemTime};

use portcullis_testing::{AuthorizationServer, SigningAlgorithm};

use super::{
    DemoError,
    stage::Stage,
    teller::{Asked, Step, Teller},
};

/// Plays the story over HTTP. Every step says beforehand what must come of it, and whether the
/// authorization server is asked for it.
pub(super) async fn play(stage: &Stage) -> Result<(), DemoError> {
    let mut teller = Teller::new(stage)?;
    let token = stage.token_of_new_session("ali");

    teller.scene("ali logs in and gets a token");
    let orders = Step::get("/orders", Asked::Nobody).bearing(&token);
    let payments = Step::post("/payments", Asked::Server).bearing(&token);
    teller
        .tell("verified locally: nobody is asked", &orders.ends(200))
        .await?;
    teller
        .tell("asked live, before the handler runs", &payments.ends(200))
        .await?;
    let admin = Step::get("/admin", Asked::Nobody).bearing(&token);
    teller
        .tell("ali is no admin", &admin.fails(403, "insufficient_scope"))
        .await?;

    teller.scene("ali's session is ended at the authorization server, and nobody is told");
    let log_out = Step::delete("/session", Asked::Nobody).bearing(&token);
    teller
        .tell("the session is over", &log_out.ends(204))
        .await?;
    teller
        .tell(
            "verified locally: the signature is good until the token expires",
            &orders.ends(200),
        )
        .await?;
    teller
        .tell(
            "asked live: the server says that the token is not active",
            &payments.fails(401, "invalid_token"),
        )
        .await?;
    teller
        .tell(
            "what one route has learned the others know",
            &orders.fails(401, "invalid_token"),
        )
        .await?;

    told(&mut teller, &stage.token_of_new_session("sam")).await?;

    teller.scene("tokens that never were any good: nobody is asked about them");
    for (what, token) in bad_tokens(&stage.server).await? {
        let orders = Step::get("/orders", Asked::Nobody).bearing(&token);
        teller
            .tell(what, &orders.fails(401, "invalid_token"))
            .await?;
    }
    let bare = Step::get("/orders", Asked::Nobody);
    teller.tell("no token at all", &bare.ends(401)).await?;
    teller.end()
}

/// The same where the server tells of the end of sessions.
async fn told(teller: &mut Teller<'_>, token: &str) -> Result<(), DemoError> {
    teller.scene("sam logs out, and the authorization server tells the API");
    let orders = |asked| Step::get("/told/orders", asked).bearing(token);
    let payments = Step::post("/told/payments", Asked::Nobody).bearing(token);
    let log_out = Step::delete("/told/session", Asked::Nobody).bearing(token);
    let ended = orders(Asked::Nobody).fails(401, "invalid_token");
    for (what, step) in [
        (
            "an API that has just started asks once: it may have missed a notice",
            orders(Asked::Server).ends(200),
        ),
        ("and then no more", orders(Asked::Nobody).ends(200)),
        ("sam logs out", log_out.ends(204)),
        ("told: refused at once, and nobody is asked", ended),
        (
            "told is told: not even a live route asks again",
            payments.fails(401, "invalid_token"),
        ),
    ] {
        teller.tell(what, &step).await?;
    }
    Ok(())
}

/// What is wrong with each, and the token.
async fn bad_tokens(
    server: &AuthorizationServer,
) -> Result<[(&'static str, String); 3], DemoError> {
    let forger = AuthorizationServer::start().await?;
    let key = server.signing_key(SigningAlgorithm::RS256);
    let forgers_key = forger.signing_key(SigningAlgorithm::RS256);
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    Ok([
        (
            "forged: the right names, signed with another key",
            server
                .token()
                .signed_with(&forgers_key)
                .header("kid", key.key_id())
                .jwt(),
        ),
        (
            "expired an hour ago",
            server.token().expires_at(an_hour_ago).jwt(),
        ),
        (
            "for another audience",
            server.token().audience("another-api").jwt(),
        ),
    ])
}
