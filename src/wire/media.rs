//! Pictures and other parts of a text, as a text shows them: a content type, and once it is settled a parameter behind it
//! (RFC 2045): `image/jpeg; size=120345` is here, `image/jpeg; refused` is not kept, `image/jpeg` alone was only told of.
//! Whoever knows no parameters still reads the type.

/// One part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its content type. One that was only told of is the carrier's word.
    pub kind: String,
    /// How it stands.
    pub stands: Stands,
}

/// How a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Told of, and not fetched yet.
    Told,
    /// Kept: so many bytes.
    Kept(usize),
    /// Not kept: too large, none of the types that are, or gone.
    Refused,
}

impl Part {
    /// Reads what a text shows. Whatever it is, it is one of them.
    pub fn read(text: &str) -> Self {
        let (kind, behind) = text.split_once(';').unwrap_or((text, ""));
        let size = behind.trim().strip_prefix("size=").and_then(|size| size.parse().ok());
        let stands = match size {
            Some(size) => Stands::Kept(size),
            None if behind.trim() == "refused" => Stands::Refused,
            None => Stands::Told,
        };
        Self { kind: kind.trim().to_owned(), stands }
    }

    /// What a text shows of one that is kept.
    pub fn kept(kind: &str, bytes: usize) -> String {
        format!("{kind}; size={bytes}")
    }

    /// What a text shows of one that is not.
    pub fn refused(said: &str) -> String {
        format!("{}; refused", Self::read(said).kind)
    }
}

/// The name of a file with a part: never one that a buyer gave.
pub fn file_name(kind: &str, n: u32) -> String {
    let (noun, ending) = match kind.split_once('/').unwrap_or((kind, "")) {
        ("image", "jpeg") => ("photo", "jpg"),
        ("image", "png" | "gif" | "webp" | "heic" | "heif" | "avif") => ("photo", &kind[6..]),
        ("image", _) => ("photo", "bin"),
        ("video", "quicktime") => ("video", "mov"),
        ("video", "3gpp") => ("video", "3gp"),
        ("video", "webm") => ("video", "webm"),
        ("video", _) => ("video", "mp4"),
        ("audio", "mpeg") => ("audio", "mp3"),
        ("audio", "mp4") => ("audio", "m4a"),
        ("audio", "amr-wb") => ("audio", "awb"),
        ("audio", "amr" | "ogg" | "aac" | "wav" | "flac") => ("audio", &kind[6..]),
        ("audio", _) => ("audio", "bin"),
        ("application", "pdf") => ("document", "pdf"),
        ("text", "vcard") => ("contact", "vcf"),
        _ => ("file", "bin"),
    };
    if n == 0 { format!("{noun}.{ending}") } else { format!("{noun}-{}.{ending}", n + 1) }
}

/// A size as people read it: `120 kB`.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{} kB", (bytes + 500) / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_says_how_it_stands_and_whatever_it_says_is_read() {
        for (text, kind, stands) in [
            ("image/jpeg", "image/jpeg", Stands::Told),
            (&Part::kept("image/png", 120_345), "image/png", Stands::Kept(120_345)),
            (&Part::refused("text/html; charset=utf-8"), "text/html", Stands::Refused),
            ("image/jpeg; size=-1", "image/jpeg", Stands::Told),
            ("; ; size=3", "", Stands::Told),
            ("", "", Stands::Told),
        ] {
            assert_eq!(Part::read(text), Part { kind: kind.to_owned(), stands }, "{text:?}");
        }
    }

    #[test]
    fn names_and_sizes_are_ours() {
        for (kind, n, name) in [
            ("image/jpeg", 0, "photo.jpg"),
            ("image/heic", 1, "photo-2.heic"),
            ("application/pdf", 0, "document.pdf"),
            ("text/vcard", 0, "contact.vcf"),
            ("../../etc/passwd", 0, "file.bin"),
            ("image/../../x", 0, "photo.bin"),
            ("", 3, "file-4.bin"),
        ] {
            assert_eq!(file_name(kind, n), name);
        }
        let sizes = [0, 999, 1000, 120_345, 999_999, 1_000_000, 4_960_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1 kB", "120 kB", "1000 kB", "1.0 MB", "4.9 MB"]);
    }

    proptest! {
        #[test]
        fn no_word_of_the_wire_leads_out_of_a_folder(kind in ".{0,40}", n in any::<u32>()) {
            let name = file_name(&kind, n.min(1000));
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')), "{name}");
            prop_assert!(!name.starts_with('.') && name.matches('.').count() == 1);
            drop(Part::read(&kind));
        }
    }
}
