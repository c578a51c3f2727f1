//! Overlays to start from, and hand-written sources that the synthetic scans do not cover.

use gradeledger::pdf::overlay::{
    DocumentFacts, MarkBox, MarkKind, MarkOverlay, Overlay, PageOverlay, QuestionLine, ScoreSheet,
};

/// No marks, and a score sheet that adds up.
pub(super) fn overlay() -> Overlay {
    let question = |label: &str, points_hundredths| QuestionLine {
        label: label.to_owned(),
        points_hundredths,
        maximum_hundredths: 1_000,
        remark: None,
    };
    Overlay {
        document: DocumentFacts {
            exam_title: Some("Mathématiques, série S".to_owned()),
            anonymous_id: "A-0042".to_owned(),
            copy_id: "6f1c2c5e-9d5b-5c0e-8f7a-3a1b6c2d4e5f".to_owned(),
            basis_sequence: 17,
            attempt: 1,
        },
        pages: Vec::new(),
        score_sheet: ScoreSheet {
            questions: vec![question("Question 1", Some(450)), question("Question 2", None)],
            annotations: Vec::new(),
            total_hundredths: 450,
            maximum_total_hundredths: 2_000,
            appreciation: None,
        },
    }
}

/// As [`overlay`], with one mark on each of the given pages.
pub(super) fn with_mark(mark: &MarkOverlay, page_indexes: impl IntoIterator<Item = usize>) -> Overlay {
    let marks = || vec![mark.clone()];
    let pages = page_indexes.into_iter().map(|page_index| PageOverlay { page_index, marks: marks() });
    Overlay { pages: pages.collect(), ..overlay() }
}

pub(super) fn mark(kind: MarkKind, area: MarkBox, text: &str) -> MarkOverlay {
    MarkOverlay { number: 1, area, kind, points_hundredths: None, question: None, text: text.to_owned() }
}

pub(super) const IN_THE_MIDDLE: MarkBox = MarkBox { x: 300_000, y: 400_000, width: 200_000, height: 100_000 };

/// A PDF of the given objects, numbered from 1; the first is the catalogue.
pub(super) fn pdf_of(objects: &[String]) -> Vec<u8> {
    let mut file = "%PDF-1.7\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        file.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    file.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}

pub(super) fn stream(entries: &str, content: &str) -> String {
    format!("<< /Length {} {entries} >>\nstream\n{content}\nendstream", content.len())
}
