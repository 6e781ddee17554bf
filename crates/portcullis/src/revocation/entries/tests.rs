use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn session(name: &str) -> Key<'_> {
    Key::new(Kind::Session, name)
}

fn entry(moment: u64, arrived: u64, end: u32) -> Entry {
    Entry {
        moment,
        arrived,
        end,
    }
}

fn find(entries: &Entries, key: Key<'_>, now: u32) -> Option<Entry> {
    entries.view()?.find(key, || now)
}

#[test]
fn what_was_put_in_is_found_until_its_end() {
    let entries = Entries::with_capacity(10);
    assert!(entries.view().is_none());
    let ended = entry(5, 7, 60);
    assert!(entries.put(session("a"), ended, 0).is_news);
    assert_eq!(find(&entries, session("a"), 59), Some(ended));
    assert_eq!(find(&entries, session("a"), 60), None);
    assert_eq!(find(&entries, session("b"), 0), None);
    let token = Key::new(Kind::Token, "a");
    assert_eq!(find(&entries, token, 0), None);
}

#[test]
fn order_and_repetition_change_nothing() {
    let notices = [
        entry(5, 1, 60),
        entry(9, 2, 61),
        entry(7, 3, 62),
        entry(9, 4, 60),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        let entries = Entries::with_capacity(10);
        for index in order {
            entries.put(session("a"), notices[index], 0);
        }
        let known = find(&entries, session("a"), 0).unwrap();
        assert_eq!((known.moment, known.end), (9, 62), "{order:?}");
    }
    let entries = Entries::with_capacity(10);
    assert!(entries.put(session("a"), entry(5, 1, 60), 0).is_news);
    assert!(!entries.put(session("a"), entry(5, 9, 60), 0).is_news);
    assert_eq!(find(&entries, session("a"), 0).unwrap().arrived, 1);
}

#[test]
fn an_entry_whose_tokens_still_come_lives_longer() {
    let entries = Entries::with_capacity(10);
    entries.put(session("a"), entry(5, 0, 60), 0);
    for is_extended in [true, false] {
        let view = entries.view().unwrap();
        let found = view.find_and_extend(session("a"), || 59, || 119);
        assert_eq!(found.map(|(_, extended)| extended), Some(is_extended));
    }
    assert!(find(&entries, session("a"), 118).is_some());
    assert!(
        entries
            .view()
            .unwrap()
            .find_and_extend(session("a"), || 119, || 200)
            .is_none()
    );
    assert!(find(&entries, session("a"), 119).is_none());
}

#[test]
fn none_is_missed_and_none_is_invented_while_the_table_grows() {
    let entries = Entries::with_capacity(1_000_000);
    let names: Vec<_> = (0..50_000)
        .map(|number| format!("session-{number}"))
        .collect();
    for name in &names {
        assert_eq!(entries.put(session(name), entry(1, 0, 60), 0).evicted, 0);
    }
    assert_eq!(entries.count(0), names.len());
    assert!(
        names
            .iter()
            .all(|name| find(&entries, session(name), 0).is_some())
    );
    let view = entries.view().unwrap();
    for number in 0..50_000 {
        let stranger = format!("stranger-{number}");
        assert_eq!(find(&entries, session(&stranger), 0), None);
        // By its place alone: its text is not read.
        assert!(!view.may_have(Place::of(&stranger)), "{stranger}");
    }
    let bytes = entries.bytes() / names.len();
    assert!(bytes <= 64, "{bytes} bytes each");
}

#[test]
fn what_has_ended_makes_room_before_what_lives() {
    let entries = Entries::with_capacity(2_000);
    let name = |number: usize| format!("session-{number}");
    for number in 0..10_000 {
        let minute = u32::try_from(number / 1_000).unwrap();
        let change = entries.put(session(&name(number)), entry(1, 0, minute + 1), minute);
        assert_eq!(change.evicted, 0);
    }
    assert!(entries.count(9) <= 2_000);
    assert!((9_000..10_000).all(|number| find(&entries, session(&name(number)), 9).is_some()));
}

#[test]
fn where_there_is_no_room_the_next_to_end_go_and_it_is_told() {
    let entries = Entries::with_capacity(1_000);
    let name = |number: u32| format!("session-{number}");
    let evicted: usize = (0..1_001)
        .map(|number| {
            entries
                .put(session(&name(number)), entry(1, 0, 1 + number), 0)
                .evicted
        })
        .sum();
    let known = |number| find(&entries, session(&name(number)), 0).is_some();
    assert_eq!(evicted, 63);
    assert!((0..63).all(|number| !known(number)));
    assert!((63..1_001).all(known));
    // A repetition needs no room.
    let again = entries.put(session(&name(900)), entry(1, 0, 901), 0);
    assert_eq!((again.is_news, again.evicted), (false, 0));
}

#[test]
fn readers_find_everything_while_others_are_put_in() {
    let entries = Entries::with_capacity(1_000_000);
    entries.put(session("first"), entry(1, 0, 60), 0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0_u64;
            while !done.load(Ordering::Acquire) || looks == 0 {
                assert!(find(&entries, session("first"), 0).is_some());
                looks += 1;
            }
        });
        for number in 0..20_000 {
            entries.put(session(&number.to_string()), entry(1, 0, 60), 0);
        }
        done.store(true, Ordering::Release);
        reader.join().unwrap();
    });
}
