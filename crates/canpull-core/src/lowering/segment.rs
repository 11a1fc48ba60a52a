//! Ids taken apart at their slashes, whatever pieces of known and unknown text they are made of.

/// The parts between slashes, each of one or more pieces; empty ones are left out. `text` tells the known text of a piece,
/// and `known` makes a piece of known text.
pub(crate) fn segments<P: Clone>(
    pieces: &[P],
    text: impl Fn(&P) -> Option<&str>,
    known: impl Fn(&str) -> P,
) -> Vec<Vec<P>> {
    let mut segments: Vec<Vec<P>> = vec![Vec::new()];
    for piece in pieces {
        let Some(text) = text(piece) else {
            if let Some(segment) = segments.last_mut() {
                segment.push(piece.clone());
            }
            continue;
        };
        for (index, part) in text.split('/').enumerate() {
            if index > 0 {
                segments.push(Vec::new());
            }
            if let Some(segment) = segments.last_mut().filter(|_| !part.is_empty()) {
                segment.push(known(part));
            }
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}
