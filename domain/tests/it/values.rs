//! The values that events are made of: each has one text, which reads back as itself.

use domain::{
    AnonymousId, Commitment, Digest, ExamCode, Metadata, PageBox, Points, QuestionId, Role, Timestamp,
    TraceParent,
};
use proptest::prelude::*;

#[test]
fn points_are_read_exactly_or_not_at_all() {
    let read = |text: &str| text.parse::<Points>().map(|points| points.0).ok();
    for (text, hundredths) in [
        ("0", 0),
        ("-0", 0),
        ("12", 1_200),
        ("2.5", 250),
        ("2.50", 250),
        ("2.500", 250),
        ("-0.25", -25),
        ("0.05", 5),
        ("1000", 100_000),
        ("-1000.000", -100_000),
        ("000012", 1_200),
    ] {
        assert_eq!(read(text), Some(hundredths), "{text}");
    }
    for text in [
        "",
        "-",
        ".",
        "2.",
        ".5",
        "-.5",
        "+1",
        " 1",
        "1 ",
        "1e2",
        "1E2",
        "0.125",
        "0.001",
        "1000.01",
        "-1000.01",
        "1001",
        "NaN",
        "inf",
        "2,5",
        "--1",
        "1.-5",
        "1.2.3",
        "٣",
        "0x10",
        "999999999999999999",
        "9999999999999999999999",
        "0000012",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

// A second source for the calendar: counts days by walking years and months, as one would by hand.
fn text_by_hand(micros: i64) -> String {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let (mut days, of_day) = (micros / 86_400_000_000, micros % 86_400_000_000);
    let mut year = 1970;
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
    format!(
        "{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{micros:06}Z",
        month + 1,
        days + 1,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

const LATEST_MICROS: i64 = 253_402_300_799_999_999;

#[test]
fn known_instants_have_their_known_text() {
    // Seconds as `date -u -d TEXT +%s` of GNU coreutils gives them.
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00.000000Z"),
        (68_169_599, "1972-02-28T23:59:59.000000Z"),
        (68_169_600, "1972-02-29T00:00:00.000000Z"),
        (951_782_400, "2000-02-29T00:00:00.000000Z"),
        (1_779_091_200, "2026-05-18T08:00:00.000000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000000Z"),
    ] {
        let time = Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(time.to_string(), text);
        assert_eq!(text.parse(), Ok(time));
    }
}

#[test]
fn a_time_outside_the_calendar_or_in_another_spelling_is_refused() {
    for text in [
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:60:00Z",
        "2026-01-01T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567Z",
        "2026-01-01T00:00:00.12x456Z",
        "+026-01-01T00:00:00Z",
        "2026-01-01T0é:00:0Z",
        "10000-01-01T00:00:00Z",
        "Z",
        "",
    ] {
        assert!(text.parse::<Timestamp>().is_err(), "{text:?}");
    }
    let whole: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!("2026-01-01T00:00:00.5Z".parse(), Ok(Timestamp::from_micros(whole.micros() + 500_000)));
    assert_eq!(Timestamp::from_micros(-1).micros(), 0);
    assert_eq!(Timestamp::from_micros(i64::MAX).plus_seconds(u32::MAX).micros(), LATEST_MICROS);
}

#[test]
fn codes_hold_nothing_that_needs_escaping() {
    for code in ["A-001", "2.a", "x", "MATHS_2026.S1", &"a".repeat(32)] {
        assert!(code.parse::<QuestionId>().is_ok(), "{code}");
    }
    for code in ["", "-a", ".a", "_a", "a b", "a/b", "a\n", "é", "a%", "\"", &"a".repeat(33)] {
        assert!(code.parse::<QuestionId>().is_err(), "{code:?}");
        assert!(serde_json::from_value::<QuestionId>(code.into()).is_err(), "{code:?}");
    }
    assert!("a".repeat(64).parse::<AnonymousId>().is_ok() && "a".repeat(65).parse::<AnonymousId>().is_err());
    assert!("a".repeat(64).parse::<ExamCode>().is_ok() && "a".repeat(65).parse::<ExamCode>().is_err());
}

#[test]
fn digests_have_one_spelling() {
    // FIPS 180-4 example: SHA-256("abc").
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(Digest::of(b"abc").to_string(), abc);
    assert_eq!(Digest::of_parts(&[b"a", b"", b"bc"]), Digest::of(b"abc"));
    assert_eq!(abc.parse(), Ok(Digest::of(b"abc")));
    let shorter = &abc[1..];
    for text in ["", shorter, &abc.to_uppercase(), &format!("{abc}0"), &format!(" {shorter}")] {
        assert!(text.parse::<Digest>().is_err(), "{text}");
    }
    assert_eq!(Digest::from_slice(&[0; 31]), None);
    assert_eq!(Digest::from_slice(&[0; 32]), Some(Digest::ZERO));
}

#[test]
fn a_commitment_hangs_on_salt_and_text() {
    let commitment = Commitment::to(&[1; 32], b"sign");
    assert_ne!(commitment, Commitment::to(&[2; 32], b"sign"));
    assert_ne!(commitment, Commitment::to(&[1; 32], b"sigh"));
    assert_ne!(commitment.0, Digest::of_parts(&[&[1; 32], b"sign"]), "a plain hash is no commitment");
}

#[test]
fn roles_have_one_spelling_everywhere() {
    for role in Role::ALL {
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    assert!("root".parse::<Role>().is_err() && "Admin".parse::<Role>().is_err());
}

#[test]
fn metadata_is_a_flat_object_of_strings_as_the_framework_reads_it() {
    let metadata = Metadata {
        actor_id: crate::story::ADA,
        actor_role: Role::Grader,
        request_id: "req-1".to_owned(),
        command_id: uuid::Uuid::from_u128(5),
        causation_id: None,
        traceparent: None,
    };
    let traced = Metadata { traceparent: Some(TRACE.parse().unwrap()), ..metadata.clone() };
    let caused = Metadata { causation_id: Some(uuid::Uuid::from_u128(6)), ..traced.clone() };
    for (metadata, keys) in [(metadata, 4), (traced, 5), (caused, 6)] {
        let text = serde_json::to_string(&metadata).unwrap();
        let flat: std::collections::HashMap<String, String> = serde_json::from_str(&text).unwrap();
        assert_eq!(flat.len(), keys);
        assert_eq!(serde_json::from_str::<Metadata>(&text).unwrap(), metadata);
    }
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn metadata_with_a_trace_that_this_build_cannot_read_is_read_without_it() {
    let written = serde_json::json!({
        "actor_id": uuid::Uuid::nil(), "actor_role": "system", "request_id": "req-1", "command_id": uuid::Uuid::nil(),
        "traceparent": "zz-unheard-of",
    });
    assert_eq!(serde_json::from_value::<Metadata>(written).unwrap().traceparent, None);
}

/// W3C Trace Context, section 3.2.2: what is valid is known, whatever the version; of a later one, what version 00 knows.
#[test]
fn a_traceparent_is_read_as_its_specification_says_and_written_in_version_00() {
    let read = |text: &str| text.parse::<TraceParent>().map(|parent| parent.to_string());
    assert_eq!(read(TRACE).unwrap(), TRACE);
    let ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    for (sent, kept) in [
        (format!("00-{ids}-00"), "00"),
        // Flags that version 00 does not define are sent as zero.
        (format!("00-{ids}-fe"), "00"),
        (format!("00-{ids}-ff"), "01"),
        (format!("01-{ids}-01"), "01"),
        (format!("cc-{ids}-01-what-the-future-will-be-like"), "01"),
        (format!("cc-{ids}-00-"), "00"),
    ] {
        assert_eq!(read(&sent).unwrap(), format!("00-{ids}-{kept}"), "{sent}");
    }
    let parent: TraceParent = TRACE.parse().unwrap();
    assert_eq!(format!("{}-{}", parent.trace_id(), parent.span_id()), ids);
}

#[test]
fn a_traceparent_that_is_not_valid_is_none() {
    let ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    for sent in [
        String::new(),
        "00".to_owned(),
        format!("00-{ids}"),
        format!("00-{ids}-"),
        format!("00-{ids}-1"),
        format!("00-{ids}-011"),
        format!("00-{ids}-01-"),
        format!("00-{ids}-01 "),
        format!(" 00-{ids}-01"),
        format!("00_{ids}-01"),
        format!("0-0{ids}-01"),
        format!("ff-{ids}-01"),
        format!("cc-{ids}-01.what"),
        format!("00-{}-01", ids.to_uppercase()),
        format!("00-{}-01", ids.replace('4', "g")),
        format!("00-{}-01", ids.replace('4', "é")),
        format!("00-{:032}-00f067aa0ba902b7-01", 0),
        format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{:016}-01", 0),
        format!("00-{ids}-0\n"),
    ] {
        assert!(sent.parse::<TraceParent>().is_err(), "{sent:?}");
    }
}

proptest! {
    #[test]
    fn points_print_and_read_back(hundredths in -100_000i64..=100_000) {
        let points = Points(hundredths);
        prop_assert_eq!(points.to_string().parse(), Ok(points));
        // The decimal is the number: what a float-reading client sees rounds to it.
        let float: f64 = points.to_string().parse().unwrap();
        prop_assert_eq!((float * 100.0).round() as i64, hundredths);
    }

    #[test]
    fn whatever_reads_as_points_has_the_value_it_shows(text in "-?[0-9]{1,5}(\\.[0-9]{1,4})?") {
        let float: f64 = text.parse().unwrap();
        let exact = (float * 10_000.0).round() as i64;
        match text.parse::<Points>() {
            Ok(points) => prop_assert_eq!(points.0 * 100, exact),
            Err(_) => prop_assert!(exact % 100 != 0 || exact.abs() > 10_000_000, "{} was refused", text),
        }
    }

    #[test]
    fn times_have_the_text_that_counting_by_hand_gives(micros in 0i64..=LATEST_MICROS) {
        let time = Timestamp::from_micros(micros);
        prop_assert_eq!(time.to_string(), text_by_hand(micros));
        prop_assert_eq!(time.to_string().parse(), Ok(time));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}") {
        let _ = (text.parse::<Timestamp>(), text.parse::<Points>(), text.parse::<Digest>());
        let _ = (text.parse::<QuestionId>(), text.parse::<uuid::Uuid>());
    }

    // Near-misses are where a parser goes wrong.
    #[test]
    fn no_almost_time_makes_the_parser_panic(at in 0usize..27, with in any::<char>()) {
        let text: String = "2026-05-18T08:00:00.000000Z"
            .chars()
            .enumerate()
            .map(|(index, c)| if index == at { with } else { c })
            .collect();
        if let Ok(time) = text.parse::<Timestamp>() {
            prop_assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn digests_print_and_read_back(bytes in any::<[u8; 32]>()) {
        let digest = Digest(bytes);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(serde_json::from_value::<Digest>(serde_json::to_value(digest).unwrap()).unwrap(), digest);
    }

    // L18
    #[test]
    fn a_box_is_inside_when_all_four_corners_are(
        x in 0u32..1_200_000, y in 0u32..1_200_000, width in 0u32..1_200_000, height in 0u32..1_200_000
    ) {
        let corners = [i128::from(x), i128::from(y), i128::from(x) + i128::from(width), i128::from(y) + i128::from(height)];
        let inside = corners.iter().all(|&corner| (0..=1_000_000).contains(&corner)) && width > 0 && height > 0;
        prop_assert_eq!(PageBox { x, y, width, height }.is_inside_page(), inside);
    }
}
