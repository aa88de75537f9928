//! Draws the dependencies: a box for each part of the source, rows by depth, an arrow for each use that no other arrows
//! imply.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// What each part uses.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

const BOX: (f64, f64) = (104.0, 34.0);
/// The distance between boxes, and between rows.
const STEP: (f64, f64) = (132.0, 84.0);
const MARGIN: f64 = 24.0;

/// An SVG that is readable on light and dark pages.
pub fn svg(uses: &Uses) -> String {
    let arrows = without_implied(uses);
    let rows = in_order(rows(uses), &arrows);
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = MARGIN * 2.0 + STEP.0 * (widest.saturating_sub(1)) as f64 + BOX.0;
    let height = MARGIN * 2.0 + STEP.1 * (rows.len().saturating_sub(1)) as f64 + BOX.1;
    let mut places = BTreeMap::new();
    for (y, row) in rows.iter().enumerate() {
        let indent = STEP.0 * (widest - row.len()) as f64 / 2.0;
        for (x, part) in row.iter().enumerate() {
            places.insert(part.as_str(), (MARGIN + indent + STEP.0 * x as f64, MARGIN + STEP.1 * y as f64));
        }
    }
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"14\" text-anchor=\"middle\">\n\
         <title>Which part of the source uses which</title>\n\
         <style>:root{{--ink:#1f2328;--box:#eef2f7;--line:#8a94a2}}\
         @media(prefers-color-scheme:dark){{:root{{--ink:#e6e9ee;--box:#2a3038;--line:#7f8a99}}}}\
         text{{fill:var(--ink)}}rect{{fill:var(--box);stroke:var(--line)}}path{{fill:none;stroke:var(--line)}}\
         marker path{{fill:var(--line)}}</style>\n\
         <defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n"
    );
    for (user, used) in &arrows {
        for used in used {
            let ((x1, y1), (x2, y2)) = (places[user.as_str()], places[used.as_str()]);
            let (x1, y1, x2) = (x1 + BOX.0 / 2.0, y1 + BOX.1, x2 + BOX.0 / 2.0);
            let middle = (y1 + y2) / 2.0;
            writeln!(svg, "<path d=\"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}\" marker-end=\"url(#end)\"/>")
                .expect("text takes text");
        }
    }
    for (part, (x, y)) in &places {
        let (w, h) = BOX;
        writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"6\"/>").expect("text takes text");
        writeln!(svg, "<text x=\"{}\" y=\"{}\">{part}</text>", x + w / 2.0, y + 22.0).expect("text takes text");
    }
    svg + "</svg>\n"
}

/// Everything that a part reaches.
fn reached(uses: &Uses, part: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&String> = uses[part].iter().collect();
    while let Some(used) = next.pop() {
        if found.insert(used.clone()) {
            next.extend(&uses[used]);
        }
    }
    found
}

/// Without the arrows that a longer path implies.
fn without_implied(uses: &Uses) -> Uses {
    let direct = |used: &BTreeSet<String>| {
        let implied: BTreeSet<String> = used.iter().flat_map(|part| reached(uses, part)).collect();
        used.difference(&implied).cloned().collect()
    };
    uses.iter().map(|(part, used)| (part.clone(), direct(used))).collect()
}

/// A part is above all parts that it uses.
fn rows(uses: &Uses) -> Vec<Vec<String>> {
    fn height(uses: &Uses, part: &str) -> usize {
        uses[part].iter().map(|used| height(uses, used) + 1).max().unwrap_or(0)
    }
    let mut rows = vec![Vec::new(); uses.keys().map(|part| height(uses, part) + 1).max().unwrap_or(0)];
    for part in uses.keys() {
        rows[height(uses, part)].push(part.clone());
    }
    rows.reverse();
    rows
}

/// Orders each row so that parts are near those they have arrows with.
fn in_order(mut rows: Vec<Vec<String>>, arrows: &Uses) -> Vec<Vec<String>> {
    for _ in 0..12 {
        for i in 0..rows.len() {
            let places: BTreeMap<String, f64> = rows
                .iter()
                .flat_map(|row| {
                    let middle = (row.len() as f64 - 1.0) / 2.0;
                    row.iter().enumerate().map(move |(x, part)| (part.clone(), x as f64 - middle))
                })
                .collect();
            let pull = |part: &String| {
                let near = arrows.iter().filter(|(user, used)| used.contains(part) || *user == part);
                let near = near.flat_map(|(user, used)| if user == part { used.iter().collect() } else { vec![user] });
                let (sum, count) = near.fold((0.0, 0.0), |(sum, count), other| (sum + places[other], count + 1.0));
                if count > 0.0 { sum / count } else { places[part] }
            };
            rows[i].sort_by(|a, b| pull(a).total_cmp(&pull(b)));
        }
    }
    rows
}
