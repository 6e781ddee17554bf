//! What stands around the code of a page. A reader sees code that says what it is about; what it takes
//! to compile stands in a comment above the block, which neither GitHub nor the book shows:
//!
//! ```text
//! <!-- around:
//! async fn main() {
//! …
//! }
//! -->
//! ```
//!
//! Each `…` stands for the next paragraph of the block, the last one for all that are left.

const BEGIN: &str = "<!-- around:";
const END: &str = "-->";
const CODE: &str = "```rust";
const FENCE: &str = "```";
const PARAGRAPH: &str = "…";

/// The page as rustdoc compiles it: what stands in comments is put around the code, as lines that are
/// hidden.
///
/// # Errors
///
/// A comment that ends nowhere, stands above no code, or does not fit the paragraphs of the code.
pub fn put_around(page: &str) -> Result<String, String> {
    let mut lines = page.lines();
    let mut whole = String::new();
    while let Some(line) = lines.next() {
        if line != BEGIN {
            push(&mut whole, line);
            continue;
        }
        let around: Vec<&str> = lines.by_ref().take_while(|line| *line != END).collect();
        let fence = lines.next().unwrap_or_default();
        if !fence.starts_with(CODE) {
            return Err(format!("no code stands below {around:?}, but {fence:?}"));
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != FENCE).collect();
        push(&mut whole, fence);
        for line in joined(&around, &block)? {
            push(&mut whole, &line);
        }
        push(&mut whole, FENCE);
    }
    Ok(whole)
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn joined(around: &[&str], block: &[&str]) -> Result<Vec<String>, String> {
    let mut paragraphs: Vec<&[&str]> = block.split(|line| line.is_empty()).rev().collect();
    let mut places = around.iter().filter(|line| **line == PARAGRAPH).count();
    if places == 0 || places > paragraphs.len() {
        let (first, there) = (block.first(), paragraphs.len());
        return Err(format!("{places} `…` for {there} paragraphs: {first:?}"));
    }
    let mut lines = Vec::new();
    for line in around {
        if *line != PARAGRAPH {
            lines.push(format!("# {line}"));
            continue;
        }
        places -= 1;
        let shown = if places == 0 { paragraphs.len() } else { 1 };
        for paragraph in paragraphs.drain(paragraphs.len() - shown..).rev() {
            lines.extend(paragraph.iter().map(|line| (*line).to_owned()));
            lines.push(String::new());
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_comment_is_put_around_the_paragraphs() {
        let page = "# A page\n\n<!-- around:\nfn main() {\n…\nlet b = 2;\n…\n}\n-->\n```rust\nlet a = 1;\n\n\
                    let c = a + b;\n\nlet d = c;\n```\n\n```rust\nwhole();\n```\n";
        assert_eq!(
            put_around(page).unwrap(),
            "# A page\n\n```rust\n# fn main() {\nlet a = 1;\n\n# let b = 2;\nlet c = a + b;\n\nlet d = c;\n\n\
             # }\n```\n\n```rust\nwhole();\n```\n"
        );
    }

    #[test]
    fn a_comment_that_fits_nothing_is_a_mistake() {
        for page in [
            "<!-- around:\n…\n-->\nText\n",
            "<!-- around:\n…\n-->\n```sh\nls\n```\n",
            "<!-- around:\n…\n```rust\nlet a = 1;\n```\n",
            "<!-- around:\nlet a = 1;\n-->\n```rust\nlet b = 1;\n```\n",
            "<!-- around:\n…\n…\n-->\n```rust\nlet a = 1;\n```\n",
        ] {
            assert!(put_around(page).is_err(), "{page}");
        }
    }
}
