//! News that sessions, users, clients or tokens are over, and what every request makes of them.

mod bells;
mod completeness;
mod cut_off;
mod entries;
mod feed;
mod intake;
mod logout;
mod look_up;
mod moments;
mod notice;
mod origin;
mod policy;
mod receipt;
mod security_event;
mod set;
mod signatory;
mod standing;
mod status_list;
mod tasks;
mod token_name;
mod token_names;
mod turn;
mod vouchers;

#[cfg(feature = "status-list")]
pub(crate) use self::status_list::ListRules;
#[cfg(feature = "status-list")]
pub use self::status_list::StatusLists;
pub use self::{
    feed::{FeedError, FeedFuture, RevocationFeed, RevocationSink},
    logout::LogoutReceiver,
    notice::{MalformedNotice, RevocationNotice},
    receipt::NoticeReceipt,
    security_event::{SecurityEventError, SecurityEventReceipt, SecurityEventReceiver},
    set::RevocationSet,
    standing::{Doubt, DoubtCause, Ended, Standing},
};
pub(crate) use self::{
    logout::LogoutRules,
    notice::News,
    origin::{InactiveAnswer, Origin},
    policy::RevocationPolicy,
    security_event::{
        PollEndpoint, PushAuthorization, SecurityEventIntake, SecurityEventPoll, SecurityEventRules,
    },
    signatory::{NoticeError, Signatory},
    status_list::{StatusCheck, StatusFetch},
    token_name::fingerprint,
    token_names::{TokenNames, TokenPlaces},
    turn::TokenTurn,
    vouchers::{KnownDoubt, TokenMark},
};
