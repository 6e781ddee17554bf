//! gRPC over the wire: a tonic server behind Portcullis, called by tonic's own client and by grpcurl, a
//! client of another make.
//!
//! The server, the clients and the tests are in `tests/wire/`; here is where grpcurl comes from.

mod grpcurl;

use portcullis_real_servers::Suite;
pub use portcullis_real_servers::SuiteError;

pub use self::grpcurl::Grpcurl;

/// The name and the folder of the suite.
pub const SUITE: Suite = Suite::named("grpc");
