use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use syn::{
    Arm, BinOp, Block, Expr, ExprBinary, ExprMatch, ExprRepeat, ExprStruct, ExprUnary,
    ImplItemConst, ImplItemFn, ItemConst, ItemFn, ItemStatic, Pat, Signature, TraitItemConst,
    TraitItemFn, TypeArray, spanned::Spanned, visit, visit::Visit,
};

use super::{
    super::list::{Genre, Mutant},
    construct::{Construct, Kind},
};

/// Mutants by where they begin and what they do.
type Wanted<'a> = HashMap<(usize, Genre), Vec<(usize, &'a Mutant)>>;

/// Where mutants are put, and those for which there is no place.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) constructs: Vec<Construct<'a>>,
    pub(super) left_out: Vec<usize>,
    pub(super) unviable: Vec<usize>,
}

/// Finds the place of each mutant. What has to stay `const` gets none.
pub(super) fn constructs<'a>(
    text: &str,
    wanted: Wanted<'a>,
    constant: &BTreeSet<String>,
) -> Result<Found<'a>, syn::Error> {
    let file = syn::parse_file(text)?;
    let mut finder = Finder {
        text,
        wanted,
        constant,
        is_constant: false,
        has_catch_all: false,
        found: Found::default(),
    };
    finder.visit_file(&file);
    let Finder {
        wanted, mut found, ..
    } = finder;
    let nowhere = wanted.into_values().flatten();
    found.left_out.extend(nowhere.map(|(number, _)| number));
    Ok(found)
}

struct Finder<'t, 'a> {
    text: &'t str,
    wanted: Wanted<'a>,
    constant: &'t BTreeSet<String>,
    /// Whether what is looked at is reckoned by the compiler.
    is_constant: bool,
    /// Whether the arms that are looked at can each be passed by.
    has_catch_all: bool,
    found: Found<'a>,
}

impl<'a> Finder<'_, 'a> {
    /// Puts the mutants that begin at this byte to this place.
    fn place(&mut self, start: usize, genre: Genre, range: Range<usize>, kind: Kind) {
        let Some(mutants) = self.wanted.remove(&(start, genre)) else {
            return;
        };
        if self.is_constant {
            let numbers = mutants.into_iter().map(|(number, _)| number);
            self.found.left_out.extend(numbers);
        } else {
            self.found.constructs.push(Construct {
                range,
                kind,
                mutants,
            });
        }
    }

    fn constantly(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.is_constant, true);
        visit(self);
        self.is_constant = before;
    }

    /// A function. One that is `const` and has mutants is so no longer.
    fn function(&mut self, signature: &Signature, block: &Block, visit: impl FnOnce(&mut Self)) {
        let before = self.is_constant;
        let name = signature.ident.to_string();
        let constant = signature
            .constness
            .as_ref()
            .map(|word| word.span.byte_range());
        self.is_constant = constant.is_some() && self.constant.contains(&name);
        let places = self.found.constructs.len();
        if let Some(first) = block.stmts.first() {
            let start = first.span().byte_range().start;
            self.place(start, Genre::FnValue, start..start, Kind::Body);
        }
        visit(self);
        if let Some(word) = constant
            && places < self.found.constructs.len()
        {
            self.found.constructs.push(Construct {
                range: word,
                kind: Kind::Constant,
                mutants: Vec::new(),
            });
        }
        self.is_constant = before;
    }

    /// A guard is where its mutant is.
    fn guard(&mut self, guard: &Expr) {
        let range = guard.span().byte_range();
        self.place(range.start, Genre::MatchArmGuard, range, Kind::Guard);
    }
}

impl<'ast> Visit<'ast> for Finder<'_, '_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig, &item.block, |it| visit::visit_item_fn(it, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.sig, &item.block, |it| {
            visit::visit_impl_item_fn(it, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block, |it| visit::visit_trait_item_fn(it, item));
        }
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.constantly(|it| visit::visit_item_const(it, item));
    }

    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        self.constantly(|it| visit::visit_item_static(it, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        self.constantly(|it| visit::visit_impl_item_const(it, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast TraitItemConst) {
        self.constantly(|it| visit::visit_trait_item_const(it, item));
    }

    fn visit_type_array(&mut self, array: &'ast TypeArray) {
        self.constantly(|it| visit::visit_type_array(it, array));
    }

    fn visit_expr_repeat(&mut self, array: &'ast ExprRepeat) {
        self.visit_expr(&array.expr);
        self.constantly(|it| it.visit_expr(&array.len));
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        let [left, right] =
            [&binary.left, &binary.right].map(|operand| operand.span().byte_range());
        let start = binary.op.span().byte_range().start;
        if is_chain(binary) {
            // `||` beside `let` is not Rust.
            let mutants = self.wanted.remove(&(start, Genre::BinaryOperator));
            let numbers = mutants.into_iter().flatten().map(|(number, _)| number);
            self.found.unviable.extend(numbers);
        } else {
            let range = left.start..right.end;
            let kind = Kind::Binary { left, right };
            self.place(start, Genre::BinaryOperator, range, kind);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        let range = unary.span().byte_range();
        let operand = unary.expr.span().byte_range();
        let start = unary.op.span().byte_range().start;
        self.place(start, Genre::UnaryOperator, range, Kind::Unary { operand });
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        let mut arms = expression.arms.iter();
        let has_catch_all = arms.any(|arm| matches!(arm.pat, Pat::Wild(_)));
        self.visit_expr(&expression.expr);
        for arm in &expression.arms {
            self.has_catch_all = has_catch_all;
            self.visit_arm(arm);
        }
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if let Pat::Guard(pattern) = &arm.pat {
            self.guard(&pattern.guard);
        } else if self.has_catch_all {
            let start = arm.span().byte_range().start;
            let end = arm.pat.span().byte_range().end;
            self.place(start, Genre::MatchArm, end..end, Kind::Arm);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expression: &'ast ExprStruct) {
        let range = expression.span().byte_range();
        let mut mutants = Vec::new();
        for field in &expression.fields {
            let start = field.span().byte_range().start;
            mutants.extend(
                self.wanted
                    .remove(&(start, Genre::StructField))
                    .into_iter()
                    .flatten(),
            );
        }
        if let Some((_, first)) = mutants.first() {
            let start = first.span.bytes(self.text).start;
            self.wanted.insert((start, Genre::StructField), mutants);
            self.place(start, Genre::StructField, range, Kind::Fields);
        }
        visit::visit_expr_struct(self, expression);
    }
}

/// Whether this is a chain of conditions of which one is `let`.
fn is_chain(binary: &ExprBinary) -> bool {
    let has_let = |operand: &Expr| match operand {
        Expr::Let(_) => true,
        Expr::Binary(binary) => is_chain(binary),
        _ => false,
    };
    matches!(binary.op, BinOp::And(_)) && (has_let(&binary.left) || has_let(&binary.right))
}
