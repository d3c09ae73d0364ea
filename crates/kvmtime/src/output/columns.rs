//! Rows of words in columns.

use std::io::{self, Write};

/// Writes rows, each column as wide as its widest word; numbers stand to the right.
pub(super) fn columns(out: &mut dyn Write, rows: Vec<Vec<String>>) -> io::Result<()> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|w| w.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let right: Vec<bool> = (0..count).map(|column| is_numeric(&rows, column)).collect();
    for row in &rows {
        let mut line = String::new();
        for (column, word) in row.iter().enumerate() {
            let width = widths[column];
            line.push_str(&match right[column] {
                true => format!("  {word:>width$}"),
                false => format!("  {word:width$}"),
            });
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Whether all words of a column below its head are numbers, or missing.
fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let words = rows.iter().skip(1).filter_map(|row| row.get(column));
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| word.trim_end_matches(" %").parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_stand_to_the_right_and_words_to_the_left() {
        let rows = [["clock", "ns"], ["TAI", "20.5"], ["BOOTTIME", "156.1"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let mut out = Vec::new();
        super::columns(&mut out, rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "  clock        ns\n  TAI        20.5\n  BOOTTIME  156.1\n");
    }
}
