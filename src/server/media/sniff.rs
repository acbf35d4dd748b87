//! What bytes are, by what they say themselves. What a carrier says of them is not believed: only what is recognised here
//! is kept, and it is handed on under this name alone.
//!
//! Markup (HTML, SVG, XML) and programs are recognised by nobody here, so they are never kept.

/// What may be kept. Signatures: IANA's registrations, the WHATWG
/// MIME sniffing standard (read 2026-11), and RFC 6350 for vCard.
const MARKS: [(usize, &[u8], &str); 17] = [
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"#!AMR-WB\n", "audio/amr-wb"),
    (0, b"#!AMR\n", "audio/amr"),
    (0, b"OggS\0", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (8, b"WAVE", "audio/wav"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"fLaC", "audio/flac"),
];

/// Brands of the ISO base media format, which holds pictures, sound and films alike.
const BRANDS: [(&[u8], &str); 12] = [
    (b"heic", "image/heic"),
    (b"heix", "image/heic"),
    (b"mif1", "image/heif"),
    (b"avif", "image/avif"),
    (b"M4A ", "audio/mp4"),
    (b"M4V ", "video/mp4"),
    (b"mp41", "video/mp4"),
    (b"mp42", "video/mp4"),
    (b"isom", "video/mp4"),
    (b"iso2", "video/mp4"),
    (b"avc1", "video/mp4"),
    (b"qt  ", "video/quicktime"),
];

/// What these bytes are, when it may be kept: a content type.
pub fn kind(bytes: &[u8]) -> Option<&'static str> {
    let at = |from: usize, mark: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(mark));
    if at(4, b"ftyp") {
        let three = at(8, b"3gp") || at(8, b"3g2");
        let brand = BRANDS.iter().find(|(mark, _)| at(8, mark)).map(|(_, kind)| *kind);
        return brand.or(three.then_some("video/3gpp"));
    }
    // Both of RIFF's say so in front as well.
    let marked = |(from, mark, _): &&(usize, &[u8], &str)| at(*from, mark) && (*from == 0 || at(0, b"RIFF"));
    let found = MARKS.iter().find(marked).map(|(_, _, kind)| *kind);
    found.or_else(|| is_card(bytes).then_some("text/vcard"))
}

/// A vCard: its first line says so, and the whole is text.
fn is_card(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default().trim_end();
    let plain = |c: char| !c.is_control() || matches!(c, '\r' | '\n' | '\t');
    first.eq_ignore_ascii_case("BEGIN:VCARD") && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: [(&[u8], &str); 13] = [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "image/png"),
        (b"GIF89a\x01\x00\x01\x00", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"#!AMR\nxxxx", "audio/amr"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "image/heic"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00", "video/3gpp"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "audio/mpeg"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n", "text/vcard"),
        (b"\xef\xbb\xbfbegin:vcard\nEND:VCARD\n", "text/vcard"),
    ];

    #[test]
    fn what_may_be_kept_is_recognised_and_nothing_else() {
        for (bytes, wanted) in GOOD {
            assert_eq!(kind(bytes), Some(wanted), "{bytes:?}");
        }
        for bad in [
            &b""[..],
            b"<html><script>alert(1)</script></html>",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
            b"<?xml version='1.0'?>",
            b"MZ\x90\x00\x03",
            b"\x7fELF\x02\x01",
            b"PK\x03\x04",
            b"#!/bin/sh\nrm -rf /",
            b"RIFF\x24\x00\x00\x00AVI LIST",
            b"xxxx\x24\x00\x00\x00WEBP",
            b"\x00\x00\x00\x18ftypevil",
            b"BEGIN:VCARDX\r\n",
            b"BEGIN:VCARD\r\nFN:\x1b]0;x\x07\r\n",
            b"BEGIN:VCARD\r\nFN:\xff\r\n",
            b"just words",
            b"\xff\xd8",
        ] {
            assert_eq!(kind(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn changed_anywhere_it_is_still_something_that_may_be_kept_or_nothing(
            seed in 0..GOOD.len(), at in 0..24_usize, byte in any::<u8>(), cut in 0..24_usize,
        ) {
            let mut bytes = GOOD[seed].0.to_vec();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            if let Some(found) = kind(&bytes) {
                let safe = ["image/", "audio/", "video/", "application/pdf", "text/vcard"];
                prop_assert!(safe.iter().any(|kind| found.starts_with(kind)));
                prop_assert!(!found.contains("svg") && !bytes.starts_with(b"<"));
            }
        }

        #[test]
        fn markup_is_never_kept(tail in proptest::collection::vec(any::<u8>(), 0..64)) {
            for start in [&b"<"[..], b" <", b"\n<!", b"\xef\xbb\xbf<"] {
                prop_assert_eq!(kind(&[start, &tail[..]].concat()), None);
            }
        }
    }
}
