//! Rules among the addresses of one account: labels differ, and one address is the primary one.

use super::{
    fit::Row,
    report::{Action, Line},
};
use crate::domain::address::{Address, Label};
use std::collections::HashSet;

/// An address with the id of its row in the source, for the report.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) row: i64,
    pub(super) external_id: Option<crate::domain::profile::ExternalId>,
    pub(super) address: Address,
}

/// Makes the labels differ from each other and from those in `labels`, and exactly one address the primary one if there
/// is none yet. The oldest address takes precedence.
pub(super) fn settle(
    table: &'static str,
    drafts: &mut [Draft],
    mut labels: HashSet<String>,
    mut has_primary: bool,
    lines: &mut Vec<Line>,
) {
    drafts.sort_by_key(|draft| (draft.address.created_at, draft.row));
    for draft in &mut *drafts {
        let mut row = Row::new(table, draft.row, lines);
        let address = &mut draft.address;
        if labels.contains(&address.label.key()) {
            address.label = numbered(&address.label, &labels);
            row.report(Action::Renamed, Some("label"), "another address has this label, apart from case");
        }
        labels.insert(address.label.key());
        if address.is_primary && has_primary {
            address.is_primary = false;
            row.report(Action::Replaced, Some("is_primary"), "an older address is the primary one");
        }
        has_primary |= address.is_primary;
    }
    if let (false, Some(oldest)) = (has_primary, drafts.first_mut()) {
        oldest.address.is_primary = true;
        let mut row = Row::new(table, oldest.row, lines);
        row.report(Action::Replaced, Some("is_primary"), "no address was the primary one, and this is the oldest");
    }
}

/// The label with the first free number after it, shortened where there is no room.
fn numbered(label: &Label, taken: &HashSet<String>) -> Label {
    let candidate = |n: usize| {
        let number = format!(" {n}");
        let room = 50 - number.len();
        let head: String = label.as_str().chars().take(room).collect();
        Label::parse(&format!("{}{number}", head.trim_end())).unwrap_or_else(|_| label.clone())
    };
    // There are more candidates than taken labels, so one is free.
    (2..=taken.len() + 2).map(candidate).find(|label| !taken.contains(&label.key())).unwrap_or_else(|| label.clone())
}
