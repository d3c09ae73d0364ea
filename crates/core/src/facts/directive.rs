//! Lines of configuration files as evidence.

use kvmtime_wire::directives::Directive;
use kvmtime_wire::text::At;

use crate::finding::Finding;

impl Finding {
    /// Takes a directive as evidence and puts the finding at its line.
    #[must_use]
    pub fn blame(self, directive: &Directive) -> Self {
        let Directive { line, .. } = *directive;
        let text = directive.text();
        let end_column = u32::try_from(text.chars().count() + 1).unwrap_or(u32::MAX);
        let at = At { line, column: 1, end_line: line, end_column };
        self.saw("directive", text, directive.place()).at(&directive.path, at)
    }
}
