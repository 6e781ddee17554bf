/// Of a text that a server chose, as much as goes into a line of the log.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut characters = text.chars();
    let mut excerpt: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_shows_it() {
        assert_eq!(excerpt(""), "");
        let full = "é".repeat(200);
        assert_eq!(excerpt(&full), full);
        assert_eq!(excerpt(&format!("{full}é")), format!("{full}…"));
    }
}
