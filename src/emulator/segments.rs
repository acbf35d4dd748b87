//! How many parts a text costs: GSM-7 when every character is in its table, else UCS-2 (3GPP TS 23.038).

/// The GSM-7 default alphabet, without ESC.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: an ESC goes before each, so they cost two.
const EXTENDED: &str = "^{}\\[~]|€\u{c}";

/// Parts that `body` is sent in; an empty body (a picture alone) is one.
pub(crate) fn count(body: &str) -> usize {
    let gsm: Option<Vec<usize>> = body.chars().map(septets).collect();
    match gsm {
        Some(costs) => parts(&costs, 160, 153),
        None => parts(&body.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// Packs units that must not be cut: an escape pair and a surrogate pair stay in one part.
fn parts(costs: &[usize], single: usize, each: usize) -> usize {
    if costs.iter().sum::<usize>() <= single {
        return 1;
    }
    let (mut parts, mut room) = (1, each);
    for &cost in costs {
        if cost > room {
            parts += 1;
            room = each;
        }
        room -= cost;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cost_what_the_standard_says() {
        let many = |s: &str, n: usize| s.repeat(n);
        for (body, wanted) in [
            (String::new(), 1),
            (many("a", 160), 1),
            (many("a", 161), 2),
            (many("a", 306), 2),
            (many("a", 307), 3),
            (many("€", 80), 1),
            (many("€", 81), 2),
            (many("é", 160), 1),
            (many("á", 70), 1),
            (many("á", 71), 2),
            (format!("’{}", many("a", 69)), 1),
            (format!("’{}", many("a", 70)), 2),
            (many("😀", 35), 1),
            (many("😀", 36), 2),
            // 33 pairs fill 66 of 67 units: the 34th may not be cut, so 67 of them need three parts.
            (many("😀", 66), 2),
            (many("😀", 67), 3),
            // 76 escape pairs fill 152 of 153.
            (many("€", 152), 2),
            (many("€", 153), 3),
        ] {
            assert_eq!(count(&body), wanted, "{} characters", body.chars().count());
        }
    }
}
