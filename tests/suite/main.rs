//! Everything that can be tested without the real terminal, in one binary.

mod tui_binding;
mod tui_screens;
mod tui_stories;
mod tui_world;
