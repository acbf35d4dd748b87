//! A line's secret that the database does not hold: read where it is, also while it is changed or cannot be read.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn line(tokens: &[String]) -> CarrierLine {
    CarrierLine {
        number: Address::parse("+14155550199").unwrap(),
        provider: "twilio".to_owned(),
        account: "AC".to_owned(),
        tokens: tokens.to_vec(),
        service: None,
        api: String::new(),
        extra: LineExtra::default(),
    }
}

#[tokio::test]
async fn a_secret_is_read_where_it_is_and_the_last_one_counts_while_it_cannot_be() {
    let floor = Floor::opens().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let write = |text: &str, mode: u32| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let live = async || floor.service.lines().await.unwrap().into_iter().map(|line| line.tokens).collect::<Vec<_>>();
    let unread = async || floor.service.lines_unread().await.unwrap().len();
    let place = format!("file:{}", file.display());
    floor.store.put_line(&line(std::slice::from_ref(&place))).await.unwrap();
    assert_eq!(unread().await, 0, "nobody has tried yet");
    assert_eq!(live().await, Vec::<Vec<String>>::new(), "never read: nothing leaves from it");
    assert_eq!(unread().await, 1);

    write("old\n", 0o600);
    assert_eq!((live().await, unread().await), (vec![vec!["old".to_owned()]], 0));
    // Two live values, the one in use first; then the new one alone.
    write("new\nold\n", 0o600);
    assert_eq!(live().await, [["new", "old"]]);
    write("new\n", 0o600);
    assert_eq!(live().await, [["new"]]);
    // Others may read it now: it is refused, and the last one counts.
    write("newer\n", 0o644);
    assert_eq!(live().await, [["new"]]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(live().await, [["new"]]);
    assert_eq!(unread().await, 1, "the last one counts, and that is told");
    write("newer\n", 0o600);
    assert_eq!(live().await, [["newer"]]);

    // What the database holds is the place, and rows of before hold the secret itself.
    assert_eq!(floor.store.lines().await.unwrap()[0].tokens, std::slice::from_ref(&place));
    floor.store.put_line(&line(&["copied".to_owned(), place])).await.unwrap();
    assert_eq!(live().await, [["copied", "newer"]]);
    assert_eq!(unread().await, 0);
    // A place that no line names any more is nobody's trouble.
    std::fs::remove_file(&file).unwrap();
    assert_eq!((live().await.len(), unread().await), (1, 1));
    floor.store.put_line(&line(&["copied".to_owned()])).await.unwrap();
    assert_eq!((live().await.len(), unread().await), (1, 0));
}
