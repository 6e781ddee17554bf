//! Some orders of everything. `cargo xtask proof model` tries many more.

use portcullis_interleavings::all;

#[test]
fn the_promises_hold_in_whatever_order() {
    for explored in all() {
        explored.explore(200);
    }
}
