//! Alerts beside the client: what follows from which fact, what is still wanted, when it may go and what it says; and the
//! runner that tells it, against real receivers on loopback.

mod approval;
mod channels;
mod consent;
mod expectations;
mod mail;
mod notes;
mod pace;
mod pages;
mod reports;
mod rules;
mod said;
mod scene;
