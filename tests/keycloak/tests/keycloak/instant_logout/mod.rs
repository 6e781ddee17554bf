//! The template `axum-instant-logout`: what ends at Keycloak ends here, in time and at the cost that
//! is promised. What was measured is in `target/keycloak/report/`.

mod cut_offs;
mod gateway;
mod live;
mod minted;
mod odd;
mod offline;
mod replicas;
mod report;
mod revival;
mod scene;
mod template;
mod told;
mod untold;
