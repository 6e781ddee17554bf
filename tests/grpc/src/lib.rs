//! gRPC over the wire: a tonic server behind Portcullis, called by tonic's own client and by clients of another
//! make: grpcurl, and for gRPC-Web npm's Connect.
//!
//! The server, the clients and the tests are in `tests/wire/`; here is where the foreign ones come from.

mod connect;
mod grpcurl;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::SuiteError;

pub use self::{connect::Connect, grpcurl::Grpcurl};

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("grpc");
