//! Which rule a request falls under, and what that rule asks for. Where no rule is the one, nobody is
//! let in.

mod demands;
mod methods;
mod pattern;
mod rule;
mod table;

pub(crate) use self::demands::Asked;
pub use self::{
    demands::{Demands, DemandsError},
    methods::{Methods, MethodsError},
    pattern::{PathPattern, PatternError},
    rule::{Access, Rule},
    table::{Ambiguity, RuleRefusal, Rules},
};
