use std::sync::Arc;

use shuttle::thread;

use super::entries::{Entries, Entry, Key, Kind};

fn session(name: &str) -> Key<'_> {
    Key::new(Kind::Session, name)
}

fn entry(moment: u64, end: u32) -> Entry {
    Entry {
        moment,
        arrived: moment,
        end,
    }
}

fn find(entries: &Entries, name: &str, now: u32) -> Option<Entry> {
    entries.view()?.find(session(name), || now)
}

/// Two who put in what they know of the same session, and one who looks for it.
pub(super) fn found() {
    let entries = Arc::new(Entries::with_capacity(8));
    let writers: Vec<_> = [(5, 60), (9, 50)]
        .into_iter()
        .map(|(moment, end)| {
            let entries = entries.clone();
            thread::spawn(move || {
                entries.put(session("a"), entry(moment, end), 0);
                let known = find(&entries, "a", 0).expect("what was put in");
                assert!(known.moment >= moment && known.end >= end);
                assert!(known.arrived >= moment);
            })
        })
        .collect();
    let reader = {
        let entries = entries.clone();
        thread::spawn(move || {
            let mut last = (0, 0);
            for _ in 0..3 {
                if let Some(known) = find(&entries, "a", 0) {
                    assert!(
                        known.moment >= last.0 && known.end >= last.1,
                        "it went back"
                    );
                    last = (known.moment, known.end);
                } else {
                    assert_eq!(last, (0, 0), "it was found before");
                }
            }
        })
    };
    for thread in writers.into_iter().chain([reader]) {
        thread.join().unwrap();
    }
    let known = find(&entries, "a", 0).unwrap();
    assert_eq!((known.moment, known.end), (9, 60));
}

/// One who puts in more than there is room for, and one who looks meanwhile for what lives.
pub(super) fn grown() {
    let entries = Arc::new(Entries::with_capacity(4));
    for (name, end) in [("over", 1), ("gone", 1), ("lives", 60), ("lasts", 60)] {
        entries.put(session(name), entry(1, end), 0);
    }
    let writer = {
        let entries = entries.clone();
        thread::spawn(move || {
            for name in ["new", "newer"] {
                assert_eq!(entries.put(session(name), entry(2, 60), 1).evicted, 0);
                assert!(find(&entries, name, 1).is_some());
            }
        })
    };
    for _ in 0..2 {
        assert!(find(&entries, "lives", 1).is_some());
        assert!(find(&entries, "lasts", 1).is_some());
    }
    writer.join().unwrap();
    for name in ["lives", "lasts", "new", "newer"] {
        assert!(find(&entries, name, 1).is_some(), "{name}");
    }
}

/// One who finds an entry whose tokens still come, while the table gives way to another.
pub(super) fn prolonged() {
    let entries = Arc::new(Entries::with_capacity(2));
    entries.put(session("over"), entry(1, 1), 0);
    entries.put(session("used"), entry(1, 10), 0);
    let reader = {
        let entries = entries.clone();
        thread::spawn(move || {
            let view = entries.view().unwrap();
            let found = view.find_and_extend(session("used"), || 1, || 60);
            assert!(found.is_some());
        })
    };
    entries.put(session("new"), entry(2, 60), 1);
    reader.join().unwrap();
    assert!(
        find(&entries, "used", 59).is_some(),
        "its end came too early"
    );
}
