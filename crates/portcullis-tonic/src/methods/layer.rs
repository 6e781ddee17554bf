use std::sync::Arc;

use portcullis::AuthenticateLayer;
use tower_layer::Layer;

use super::{BehindLayer, GuardMethods, table::Table};

/// Holds each request against what its method wants; made by [`Methods`](super::Methods).
///
/// It belongs inside of an [`AuthenticateLayer`]. [`behind`](Self::behind) puts it there, and has that one
/// let in what is exempt or optional; elsewhere, as inside of a layer that axum has around all its
/// routes, put it on the tonic services alone.
#[derive(Debug, Clone)]
#[must_use]
pub struct MethodsLayer {
    table: Arc<Table>,
}

impl MethodsLayer {
    pub(super) fn new(table: Table) -> Self {
        Self {
            table: Arc::new(table),
        }
    }

    /// The table and the layer in front of it as one, so that the layer lets in what the table has for
    /// exempt or optional.
    pub fn behind<R>(self, authenticate: AuthenticateLayer<R>) -> BehindLayer<R> {
        BehindLayer::new(authenticate, self)
    }

    pub(super) fn table(&self) -> &Arc<Table> {
        &self.table
    }
}

impl<S> Layer<S> for MethodsLayer {
    type Service = GuardMethods<S>;

    fn layer(&self, inner: S) -> GuardMethods<S> {
        GuardMethods::new(inner, self.table.clone())
    }
}
