/// A page with these blocks in the places that are marked for them:
/// `<!-- name: made by cargo xtask bench -->` … `<!-- end -->`.
///
/// # Errors
/// The name of a block that has no place.
pub(crate) fn with(page: &str, blocks: &[(&str, String)]) -> Result<String, String> {
    let mut page = page.to_owned();
    for (name, block) in blocks {
        let opening = format!("<!-- {name}: made by cargo xtask bench -->\n");
        let places = page
            .split_once(&opening)
            .and_then(|(before, after)| Some((before, after.split_once(CLOSING)?.1)));
        let Some((before, after)) = places else {
            return Err((*name).to_owned());
        };
        page = format!("{before}{opening}{}\n{CLOSING}{after}", block.trim_end());
    }
    Ok(page)
}

const CLOSING: &str = "<!-- end -->";

/// A table in Markdown, the first column to the left, the others to the right.
pub(crate) fn markdown(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![format!("| {} |", heading.join(" | "))];
    let rules = heading.iter().enumerate();
    let rules: Vec<&str> = rules
        .map(|(column, _)| if column == 0 { "---" } else { "---:" })
        .collect();
    lines.push(format!("|{}|", rules.join("|")));
    lines.extend(rows.iter().map(|row| format!("| {} |", row.join(" | "))));
    lines.join("\n")
}

/// A number as one reads it: three digits that say something, and groups of three.
pub(crate) fn shown(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude >= 100.0 {
        return grouped(number.round());
    }
    let decimals = if magnitude >= 10.0 {
        1
    } else if magnitude >= 0.095 || magnitude == 0.0 {
        2
    } else {
        3
    };
    let text = format!("{number:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 {
        text.insert(0, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_the_place_of_the_one_before() {
        let page = "a\n<!-- x: made by cargo xtask bench -->\nold\n<!-- end -->\nb\n";
        let blocks = [("x", "new".to_owned())];
        let made = with(page, &blocks).unwrap_or_default();
        assert_eq!(made, page.replace("old", "new"));
        assert_eq!(with(&made, &blocks).unwrap_or_default(), made);
        assert_eq!(with(page, &[("y", String::new())]), Err("y".to_owned()));
    }

    #[test]
    fn numbers_are_shown_as_one_reads_them() {
        assert_eq!(shown(1_234_567.8), "1,234,568");
        assert_eq!(shown(123.4), "123");
        assert_eq!(shown(12.34), "12.3");
        assert_eq!(shown(1.0), "1");
        assert_eq!(shown(0.456), "0.46");
        assert_eq!(shown(0.0456), "0.046");
    }
}
