//! The template `axum-instant-logout`: what ends at Keycloak ends here, in time and at the cost that
//! is promised. What was measured is in `target/keycloak/report/`.

mod afterlife;
mod cut_offs;
mod gateway;
mod live;
mod odd;
mod report;
mod scene;
mod template;
mod told;
mod untold;
