//! The real program panics on the thread that draws. Nothing in it does so by itself, so the system is made to: strace
//! lets a wait for events fail as no kernel does, and the runtime of the drawing thread takes that for a bug and panics.

use super::house::{COMEBACK, House};
use super::tmux::{Terminal, eventually};

/// Waits that succeed: a start and the first pages need far fewer, and keys bring the rest.
const GOOD_WAITS: u32 = 400;

#[test]
fn a_panic_of_the_drawing_thread_gives_the_terminal_back_and_says_where_it_was() {
    let house = House::start();
    house.sign_in("maya", house.about("base_url"));
    let person = &house.people_of("maya")[0];
    house.text(&person.phone, "Is the offer still open?");
    // Without -f it is the first thread alone: the one that draws.
    let fails = format!("inject=?epoll_wait,?epoll_pwait:error=EBADF:when={GOOD_WAITS}+");
    let inbox = format!("strace -o /dev/null -e trace=?epoll_wait,?epoll_pwait -e '{fails}' {COMEBACK} --profile maya");
    let shell = format!("RUST_BACKTRACE=0 {inbox}; echo \"left with $?\"; exec sh");
    let terminal = Terminal::open(house.home(), (110, 30), &shell);
    terminal.shows(&["online", "Is the offer still open?"]);
    terminal.press(&["r"]);
    terminal.shows(&[&format!("To {}", person.name)]);
    terminal.write("Kept through it");
    // Moving away writes the draft down.
    terminal.press(&["Escape"]);
    terminal.shows(&["draft"]);
    assert_eq!(terminal.knows("alternate_on"), "1");

    eventually("the panic", || {
        terminal.press(&["j", "k"]);
        (terminal.knows("alternate_on") == "0").then_some(())
    });
    let screen = terminal.shows(&["panicked at", "left with 101"]);
    assert!(screen.contains("polling the I/O driver"), "another panic than the one that was made:\n{screen}");
    assert!(!screen.contains("Kept through it") && !screen.contains("Is the offer"), "no words of people:\n{screen}");
    assert_eq!((terminal.knows("cursor_flag"), terminal.knows("mouse_any_flag")), ("1".to_owned(), "0".to_owned()));
    // The shell behind it reads lines and shows what is typed.
    terminal.press(&["C-u"]);
    terminal.write("stty -a | tr ' ;' '\\n\\n' | grep -cx -e icanon -e echo -e isig");
    terminal.press(&["Enter"]);
    terminal.shows(&["\n3\n"]);

    let again = house.inbox("maya", (110, 30));
    again.press(&["r"]);
    again.shows(&["Kept through it"]);
}
