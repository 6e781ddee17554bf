//! What the woven library has in addition: it is told by the environment which mutant it is, and tells which places
//! with mutants a test comes by.

/// Says which mutant the library is, by its number.
pub(super) const CHOSEN: &str = "PORTCULLIS_MUTANT";
/// Says into which file goes which test comes by which number.
pub(super) const REACHED: &str = "PORTCULLIS_MUTANTS_REACHED";

/// The module behind `crate::mutants::on`, for so many mutants. A thread that a test is run by has the test's name.
/// Nothing is allocated, since some tests count that.
pub(super) fn module(mutants: usize) -> String {
    format!(
        r#"//! Which mutant this is.

use std::{{cell::Cell, env, fs::File, io::Write, sync::LazyLock, thread}};

static CHOSEN: LazyLock<Option<usize>> = LazyLock::new(|| env::var("{CHOSEN}").ok()?.parse().ok());
static RECORD: LazyLock<Option<File>> = LazyLock::new(|| {{
    let path = env::var_os("{REACHED}")?;
    File::options().append(true).create(true).open(path).ok()
}});

thread_local! {{
    static REACHED: [Cell<bool>; {mutants}] = const {{ [const {{ Cell::new(false) }}; {mutants}] }};
}}

pub(crate) fn on(number: usize) -> bool {{
    if let Some(record) = RECORD.as_ref() {{
        write(record, number);
    }}
    *CHOSEN == Some(number)
}}

fn write(mut record: &File, number: usize) {{
    if REACHED.try_with(|reached| reached[number].replace(true)) != Ok(false) {{
        return;
    }}
    let mut line = [0; 512];
    let mut rest = line.as_mut_slice();
    let thread = thread::current();
    let _ = writeln!(rest, "{{number}} {{}}", thread.name().unwrap_or_default());
    let length = 512 - rest.len();
    let _ = record.write_all(&line[..length]);
}}
"#
    )
}

/// What such a module has written: numbers, and the names of threads.
pub(super) fn recorded(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.filter_map(|(number, thread)| Some((number.parse().ok()?, thread)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_rust() {
        syn::parse_file(&module(7)).unwrap();
    }

    #[test]
    fn what_is_recorded_is_read() {
        let read: Vec<_> = recorded("3 a::b\n12 \nx y\n").collect();
        assert_eq!(read, [(3, "a::b"), (12, "")]);
    }
}
