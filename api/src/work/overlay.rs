//! What is drawn over a copy: the frozen marks and the one sum of them, as the PDF part takes it.

use std::collections::HashMap;

use domain::copy::state::{Finalisation, Paper};
use domain::copy::{Annotation, MarkKind as Kind};
use domain::exam::Exam;
use domain::{Commitment, CopyId};

use crate::pdf::overlay::{
    AnnotationPointsLine, DocumentFacts, MarkBox, MarkKind, MarkOverlay, Overlay, PageOverlay, QuestionLine,
    ScoreSheet,
};
use crate::vault::Opened;

type Texts = HashMap<Commitment, Opened>;

/// The overlay of a copy at the basis that `run` froze. Equal states give equal overlays.
pub(super) fn overlay(
    copy: CopyId,
    exam: &Exam,
    paper: &Paper,
    run: &Finalisation,
    texts: &Texts,
) -> Overlay {
    let mut annotations: Vec<&Annotation> = paper.marking.annotations.values().collect();
    annotations.sort_by_key(|annotation| (annotation.page_index, annotation.number));
    Overlay {
        document: DocumentFacts {
            exam_title: exam.state.session().map(|session| session.code.to_string()),
            anonymous_id: paper.identity.anonymous_id.to_string(),
            copy_id: copy.to_string(),
            basis_sequence: run.basis_sequence,
            attempt: run.attempt,
        },
        pages: pages(&annotations, texts),
        score_sheet: score_sheet(paper, &annotations, texts),
    }
}

fn pages(annotations: &[&Annotation], texts: &Texts) -> Vec<PageOverlay> {
    annotations
        .chunk_by(|one, next| one.page_index == next.page_index)
        .map(|of_page| PageOverlay {
            page_index: of_page[0].page_index as usize,
            marks: of_page.iter().map(|annotation| mark(annotation, texts)).collect(),
        })
        .collect()
}

const fn kind(kind: Kind) -> MarkKind {
    match kind {
        Kind::Comment => MarkKind::Comment,
        Kind::Highlight => MarkKind::Highlight,
        Kind::Error => MarkKind::Error,
        Kind::Bonus => MarkKind::Bonus,
    }
}

fn mark(annotation: &Annotation, texts: &Texts) -> MarkOverlay {
    let mark = &annotation.mark;
    MarkOverlay {
        number: annotation.number,
        area: MarkBox { x: mark.area.x, y: mark.area.y, width: mark.area.width, height: mark.area.height },
        kind: kind(mark.kind),
        points_hundredths: mark.points.map(|points| points.0),
        question: mark.question.as_ref().map(ToString::to_string),
        text: opened(mark.text, texts).unwrap_or_default(),
    }
}

fn score_sheet(paper: &Paper, annotations: &[&Annotation], texts: &Texts) -> ScoreSheet {
    let breakdown = paper.breakdown();
    let line = |line: &domain::copy::event::QuestionLine| QuestionLine {
        label: line.question.to_string(),
        points_hundredths: line.points.map(|points| points.0),
        maximum_hundredths: line.maximum.0,
        remark: opened(paper.marking.remarks.get(&line.question).copied(), texts),
    };
    ScoreSheet {
        questions: breakdown.questions.iter().map(line).collect(),
        annotations: annotations.iter().filter_map(|annotation| points_line(annotation)).collect(),
        total_hundredths: breakdown.total().0,
        maximum_total_hundredths: breakdown.maximum().0,
        appreciation: opened(paper.marking.appreciation, texts),
    }
}

fn points_line(annotation: &Annotation) -> Option<AnnotationPointsLine> {
    let points = annotation.mark.points?;
    Some(AnnotationPointsLine {
        page_index: annotation.page_index as usize,
        number: annotation.number,
        kind: kind(annotation.mark.kind),
        question: annotation.mark.question.as_ref().map(ToString::to_string),
        points_hundredths: points.0,
    })
}

fn opened(text: Option<Commitment>, texts: &Texts) -> Option<String> {
    text.map(|commitment| plain(texts.get(&commitment).unwrap_or(&Opened::Erased).shown()))
}

/// The text with its directional overrides and isolates made visible: obeyed, they would show other words than the ones
/// that the ledger holds (Unicode Technical Report 36, section 2.1).
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                plain.push_str(&format!("[U+{:04X}]", u32::from(character)));
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_text_that_would_turn_its_words_around_is_shown_as_it_is_stored() {
        assert_eq!(plain("rtl \u{202E}evil\u{202C}"), "rtl [U+202E]evil[U+202C]");
        assert_eq!(plain("أحسنت, 3 ≤ x"), "أحسنت, 3 ≤ x");
    }
}
