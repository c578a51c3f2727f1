//! What is written can be read: by a person's eyes, and by programs that extract it.

use std::fmt::Write;

use fixtures::scans::vector_mixed_orientation;
use gradeledger::pdf::finalise::{FinaliseWarning, finalise};
use gradeledger::pdf::overlay::{AnnotationPointsLine, MarkBox, MarkKind, QuestionLine};

use super::sample::{IN_THE_MIDDLE, mark, overlay, with_mark};
use super::viewer::{assert_clean, words_of};

#[track_caller]
fn assert_reads_back(text: &str) {
    let mut overlay = with_mark(&mark(MarkKind::Comment, IN_THE_MIDDLE, text), [0]);
    overlay.score_sheet.appreciation = Some(text.to_owned());
    let done = finalise(&vector_mixed_orientation(), &overlay).unwrap();
    assert_eq!(done.warnings, []);
    assert_clean(&done.bytes, text);
    for pages in [(1, 1), (done.page_count, done.page_count)] {
        let Some(found) = words_of(&done.bytes, pages.0, pages.1) else { return };
        assert!(found.contains(text), "{text:?} is not in {found:?}");
    }
}

#[test]
fn french_reads_back() {
    assert_reads_back(
        "Démonstration inachevée : où est l’hypothèse « f œuvre » ? Très insuffisant, çà et là.",
    );
}

#[test]
fn ligatures_read_back_as_their_letters() {
    assert_reads_back("efficace affluent affine ﬁn");
}

#[test]
fn greek_with_all_its_accents_reads_back() {
    assert_reads_back("Ἡ ἀπόδειξις εἶναι σωστή. Ελέγξτε το τελευταίο βήμα, ᾧ ῥᾴδιον.");
}

#[test]
fn arabic_with_its_joins_reads_back_from_the_right() {
    assert_reads_back("الحل صحيح لكن راجع الخطوة");
}

#[test]
fn arabic_ligatures_and_vowel_signs_read_back_in_order() {
    assert_reads_back("لا غير الحلّ صحيحٌ والإجابةُ كاملةٌ بلا أخطاء");
}

#[test]
fn mathematical_signs_read_back() {
    assert_reads_back("∀ε>0 ∃δ>0 ∫ √ ∑ ≠ ≤ ∈ ℝ ⊂ ∞ ½ × ÷ ± → ⇒ ∂ ∇ α²");
}

#[test]
fn a_character_that_no_font_has_is_drawn_as_a_box_listed_and_still_extracted() {
    let done = finalise(
        &vector_mixed_orientation(),
        &with_mark(&mark(MarkKind::Comment, IN_THE_MIDDLE, "voir 数学 ici"), [0]),
    )
    .unwrap();
    let expected =
        ['学', '数'].map(|character| FinaliseWarning::CharacterWithoutGlyph { character, count: 1 });
    assert_eq!(done.warnings, expected);
    let Some(page) = words_of(&done.bytes, 1, 1) else { return };
    assert!(page.contains("voir 数学 ici"), "{page}");
    let Some(sheet) = words_of(&done.bytes, done.page_count, done.page_count) else { return };
    assert!(sheet.contains("U+5B66 × 1, U+6570 × 1"), "{sheet}");
}

#[test]
fn a_remark_of_five_thousand_characters_is_wholly_there_and_in_order() {
    let mut remark = String::new();
    while remark.chars().count() < 5_000 {
        let number = remark.len();
        write!(remark, "mot{number} é ").unwrap();
    }
    let remark = remark.trim();
    for in_a_mark in [true, false] {
        let mut overlay = overlay();
        if in_a_mark {
            overlay = with_mark(&mark(MarkKind::Comment, IN_THE_MIDDLE, remark), [2]);
        } else {
            overlay.score_sheet.questions[0].remark = Some(remark.to_owned());
        }
        let done = finalise(&vector_mixed_orientation(), &overlay).unwrap();
        assert!(done.page_count > done.source_pages + 1, "the score sheet goes on over pages");
        assert_clean(&done.bytes, "a long remark");
        let Some(found) = words_of(&done.bytes, done.source_pages + 1, done.page_count) else { return };
        let words: Vec<&str> = found.split(' ').filter(|word| word.starts_with("mot")).collect();
        let expected: Vec<&str> = remark.split(' ').filter(|word| word.starts_with("mot")).collect();
        assert_eq!(words, expected);
        if in_a_mark {
            assert!(found.contains("Page 3, note 1 · Comment"), "{found}");
        }
    }
}

#[test]
fn a_word_longer_than_any_line_is_broken_and_nothing_of_it_is_lost() {
    let word: String = (0..400).map(|index| char::from(b'a' + (index % 26) as u8)).collect();
    let mut overlay = overlay();
    overlay.score_sheet.appreciation = Some(word.clone());
    let done = finalise(&vector_mixed_orientation(), &overlay).unwrap();
    let Some(found) = words_of(&done.bytes, done.page_count, done.page_count) else { return };
    assert!(found.replace(' ', "").contains(&word), "{found}");
}

#[test]
fn marks_that_crowd_a_page_keep_every_word_on_it_or_behind_it() {
    let marks = (0..60).map(|index: u32| {
        let area =
            MarkBox { x: 100_000 * (index % 6), y: 90_000 * (index / 6), width: 90_000, height: 80_000 };
        let mut mark = mark(MarkKind::Error, area, &format!("remarque numéro {index} fin"));
        mark.number = index + 1;
        mark
    });
    let mut overlay = with_mark(&mark(MarkKind::Error, IN_THE_MIDDLE, ""), [0]);
    overlay.pages[0].marks = marks.collect();
    let done = finalise(&vector_mixed_orientation(), &overlay).unwrap();
    let Some(found) = words_of(&done.bytes, 1, done.page_count) else { return };
    for index in 0..60 {
        assert!(found.contains(&format!("remarque numéro {index} fin")), "{index} is missing");
    }
}

#[test]
fn the_score_sheet_prints_every_line_of_the_sum() {
    let mut overlay = overlay();
    overlay.score_sheet.questions.push(QuestionLine {
        label: "Exercice 3.b".to_owned(),
        points_hundredths: Some(25),
        maximum_hundredths: 100,
        remark: Some("presque rien".to_owned()),
    });
    overlay.score_sheet.annotations.push(AnnotationPointsLine {
        page_index: 0,
        number: 1,
        kind: MarkKind::Error,
        question: None,
        points_hundredths: -75,
    });
    overlay.score_sheet.total_hundredths += 25 - 75;
    overlay.score_sheet.maximum_total_hundredths += 100;
    let done = finalise(&vector_mixed_orientation(), &overlay).unwrap();
    let Some(found) = words_of(&done.bytes, done.page_count, done.page_count) else { return };
    for expected in [
        "4 / 21",
        "Question 1",
        "4.5",
        "not scored",
        "Exercice 3.b",
        "0.25",
        "presque rien",
        "−0.75",
        "Copy A-0042",
    ] {
        assert!(found.contains(expected), "{expected} is not in {found}");
    }
}
