//! A page as steps. A block of `console` is typed; what else is to be done with a block stands
//! in a comment above it, which readers do not see:
//!
//! | comment | the block below |
//! |---|---|
//! | `<!-- file: shop/src/main.rs -->` | is what that file has in it |
//! | `<!-- terminal: keycloak -->` | is typed in a terminal of its own |
//! | `<!-- terminal: keycloak, meanwhile -->` | is typed there, and nobody waits for it |
//! | `<!-- output: keycloak -->` | is what that terminal goes on to say |

/// How much of a command is shown.
const SHOWN: usize = 60;

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To write a file, by its path from where the page began.
    File { path: String, text: String },
    /// To type these in a terminal, one after the other.
    Type {
        terminal: String,
        waits: bool,
        exchanges: Vec<Exchange>,
    },
    /// To wait until a terminal has said this.
    Await {
        terminal: String,
        output: Vec<String>,
    },
}

impl Step {
    /// What it is called in a table.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::File { path, .. } => path.clone(),
            Self::Type { exchanges, .. } => exchanges.last().map_or_else(String::new, |last| {
                let line = last.command.lines().next().unwrap_or_default();
                line.chars().take(SHOWN).collect()
            }),
            Self::Await { terminal, .. } => format!("what `{terminal}` says"),
        }
    }
}

/// A command and what it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) command: String,
    pub(super) output: Vec<String>,
}

/// The terminal of blocks that name none.
const FIRST: &str = "first";

/// The steps of a page, in their order.
pub(super) fn steps(page: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut comment = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            steps.extend(step(comment.take(), language, &block)?);
        } else if let Some(about) = instruction(line) {
            comment = Some(about);
        } else if !line.trim().is_empty()
            && let Some((what, of)) = comment
        {
            return Err(format!("`{what}: {of}` stands above no block"));
        }
    }
    Ok(steps)
}

/// `<!-- what: of -->`
fn instruction(line: &str) -> Option<(&str, &str)> {
    let inside = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    let (what, of) = inside.split_once(':')?;
    Some((what.trim(), of.trim()))
}

fn step(
    comment: Option<(&str, &str)>,
    language: &str,
    block: &[&str],
) -> Result<Option<Step>, String> {
    Ok(match comment {
        Some(("file", path)) => Some(Step::File {
            path: path.to_owned(),
            text: format!("{}\n", block.join("\n")),
        }),
        Some(("output", terminal)) => Some(Step::Await {
            terminal: terminal.to_owned(),
            output: block.iter().copied().map(str::to_owned).collect(),
        }),
        Some(("terminal", terminal)) => {
            let (terminal, waits) = match terminal.split_once(',') {
                Some((terminal, "meanwhile" | " meanwhile")) => (terminal, false),
                Some((_, other)) => return Err(format!("`{other}` is no way to wait")),
                None => (terminal, true),
            };
            Some(typed(terminal, waits, block)?)
        }
        Some((what, _)) => return Err(format!("`{what}` is nothing that can be done")),
        None if language == "console" => Some(typed(FIRST, true, block)?),
        None => None,
    })
}

fn typed(terminal: &str, waits: bool, block: &[&str]) -> Result<Step, String> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in block {
        if let Some(command) = line.strip_prefix("$ ") {
            exchanges.push(Exchange {
                command: command.to_owned(),
                output: Vec::new(),
            });
            continue;
        }
        let Some(last) = exchanges.last_mut() else {
            return Err(format!("`{line}` comes before any command"));
        };
        match line.strip_prefix("> ") {
            Some(more) if last.output.is_empty() => {
                last.command.push('\n');
                last.command.push_str(more);
            }
            _ => last.output.push((*line).to_owned()),
        }
    }
    Ok(Step::Type {
        terminal: terminal.to_owned(),
        waits,
        exchanges,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart_into_what_is_to_be_done() {
        let page = "Type:\n\n```console\n$ one \\\n>   two\nsaid\n$ three\n```\n\n<!-- file: a/b.rs -->\n\
                    ```rust\nfn main() {}\n```\n\n<!-- terminal: k, meanwhile -->\n```console\n$ serve\n\
                    ```\n<!-- output: k -->\n```text\n…\nready\n```\n```json\n{}\n```\n";
        let words = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let exchange = |command: &str, output| Exchange {
            command: command.to_owned(),
            output: words(output),
        };
        assert_eq!(
            steps(page).unwrap(),
            [
                Step::Type {
                    terminal: FIRST.to_owned(),
                    waits: true,
                    exchanges: vec![exchange("one \\\n  two", "said"), exchange("three", "")],
                },
                Step::File {
                    path: "a/b.rs".to_owned(),
                    text: "fn main() {}\n".to_owned(),
                },
                Step::Type {
                    terminal: "k".to_owned(),
                    waits: false,
                    exchanges: vec![exchange("serve", "")],
                },
                Step::Await {
                    terminal: "k".to_owned(),
                    output: words("…\nready"),
                },
            ]
        );
    }

    #[test]
    fn a_comment_that_means_nothing_is_a_mistake() {
        assert!(steps("<!-- file: a -->\nText\n").is_err());
        assert!(steps("<!-- flie: a -->\n```rust\n```\n").is_err());
        assert!(steps("<!-- terminal: a, whenever -->\n```console\n```\n").is_err());
        assert!(steps("```console\nno command\n```\n").is_err());
    }
}
