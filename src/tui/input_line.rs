//! (Stand-in until the real buffer arrives.)
use super::keymap::chord::{Chord, Key};
/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InputLine(String, usize);
impl InputLine {
    /// New.
    pub fn new(t: &str) -> Self { Self(t.to_owned(), t.len()) }
    /// Text.
    pub fn text(&self) -> &str { &self.0 }
    /// Cursor.
    pub fn cursor(&self) -> usize { self.1 }
    /// Insert.
    pub fn insert(&mut self, t: &str) { self.0.insert_str(self.1, t); self.1 += t.len(); }
    /// Press.
    pub fn press(&mut self, c: Chord) {
        if let Some(t) = c.typed() { self.insert(&t.to_string()); }
        else if c == Chord::plain(Key::Backspace) { self.0.pop(); self.1 = self.0.len(); }
    }
}
