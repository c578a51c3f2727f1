//! The score sheet: the pages behind the copy's own, with the sum line by line and every text that its page
//! had no room for.

use std::collections::BTreeMap;

use pdf_writer::Buf;

use super::canvas::{Area, Canvas};
use super::fonts::{Fonts, Weight};
use super::labels::Labels;
use super::marks::Spilled;
use super::palette;
use super::source::Frame;
use super::wrap::{single_line, wrap};
use crate::pdf::overlay::{AnnotationPointsLine, DocumentFacts, Overlay, QuestionLine, ScoreSheet};

/// A4, upright.
pub(super) const SHEET: Frame = Frame { width: 595.28, height: 841.89, user_unit: None };
const MARGIN: f32 = 56.0;
const FOOT: f32 = 64.0;
const TEXT_SIZE: f32 = 9.5;
const LINE_HEIGHT: f32 = 13.5;
/// Right edges of the two columns of numbers.
const POINTS_RIGHT: f32 = SHEET.width - MARGIN - 70.0;
const MAXIMUM_RIGHT: f32 = SHEET.width - MARGIN;
/// Where a question's words must end, so that they do not run into its numbers.
const WORDS_WIDTH: f32 = POINTS_RIGHT - MARGIN - 60.0;
const FULL_WIDTH: f32 = SHEET.width - 2.0 * MARGIN;

/// What `finalise` itself has to say, on the last lines.
#[derive(Default)]
pub(super) struct Remarks {
    /// Pages, from 1, that could be read only in part.
    pub(super) incomplete_pages: Vec<usize>,
    /// Characters that no font has, and how often each was drawn as a box.
    pub(super) without_glyph: BTreeMap<char, usize>,
}

/// Lays out the score sheet; one content stream a page.
pub(super) fn draw_sheet(
    fonts: &mut Fonts,
    overlay: &Overlay,
    spilled: &[Spilled<'_>],
    remarks: &Remarks,
    labels: &Labels,
) -> Vec<Buf> {
    let mut flow = Flow::new(fonts, labels);
    flow.head(&overlay.document, &overlay.score_sheet);
    flow.sum(&overlay.score_sheet);
    if let Some(appreciation) =
        overlay.score_sheet.appreciation.as_deref().filter(|text| !text.trim().is_empty())
    {
        flow.section(labels.appreciation);
        flow.paragraph(appreciation, MARGIN, FULL_WIDTH, Style::TEXT);
    }
    flow.notes(spilled);
    flow.remarks(remarks);
    flow.finish(&overlay.document)
}

#[derive(Clone, Copy)]
struct Style {
    weight: Weight,
    size: f32,
    colour: [f32; 3],
}

impl Style {
    const TEXT: Self = Self { weight: Weight::Regular, size: TEXT_SIZE, colour: palette::TEXT };
    const STRONG: Self = Self { weight: Weight::Bold, ..Self::TEXT };
    const MUTED: Self = Self { size: 8.5, colour: palette::MUTED, ..Self::TEXT };
    const SECTION: Self = Self { weight: Weight::Bold, size: 11.5, colour: palette::TEXT };
    const TITLE: Self = Self { weight: Weight::Bold, size: 17.0, colour: palette::TEXT };
    const RESULT: Self = Self { weight: Weight::Bold, size: 22.0, colour: palette::TEXT };
}

/// A page being filled from top to bottom, and the pages that are full.
struct Flow<'f> {
    fonts: &'f mut Fonts,
    labels: &'f Labels,
    done: Vec<Buf>,
    page: Vec<Drawn>,
    /// The top of what comes next.
    y: f32,
    pages: Vec<Vec<Drawn>>,
}

/// What a page holds; drawn at the end, when the number of pages is known.
enum Drawn {
    Text { line: super::wrap::Line, x: f32, y: f32, style: Style },
    Rule { y: f32, x: f32, width: f32, weight: f32 },
    Bar(Area, [f32; 3]),
}

impl<'f> Flow<'f> {
    fn new(fonts: &'f mut Fonts, labels: &'f Labels) -> Self {
        let y = SHEET.height - MARGIN;
        Self { fonts, labels, done: Vec::new(), page: Vec::new(), y, pages: Vec::new() }
    }

    /// Begins a new page unless `height` is left on this one.
    fn need(&mut self, height: f32) {
        if self.y - height < FOOT && !self.page.is_empty() {
            self.pages.push(std::mem::take(&mut self.page));
            self.y = SHEET.height - MARGIN;
        }
    }

    fn text_at(&mut self, text: &str, x: f32, y: f32, style: Style) {
        let line = single_line(self.fonts, text, style.weight);
        self.page.push(Drawn::Text { line, x, y, style });
    }

    fn text_to(&mut self, text: &str, right: f32, y: f32, style: Style) {
        let line = single_line(self.fonts, text, style.weight);
        let x = right - line.width * style.size / 1000.0;
        self.page.push(Drawn::Text { line, x, y, style });
    }

    /// Wrapped lines, over as many pages as they need; a paragraph that reads from the right aligns there.
    fn paragraph(&mut self, text: &str, x: f32, width: f32, style: Style) {
        let height = style.size * LINE_HEIGHT / TEXT_SIZE;
        for line in wrap(self.fonts, text, style.weight, width * 1000.0 / style.size) {
            self.need(height);
            let line_x = if line.right_to_left { x + width - line.width * style.size / 1000.0 } else { x };
            let y = self.y - style.size;
            self.page.push(Drawn::Text { line, x: line_x, y, style });
            self.y -= height;
        }
    }

    fn rule(&mut self, weight: f32) {
        self.page.push(Drawn::Rule { y: self.y, x: MARGIN, width: FULL_WIDTH, weight });
    }

    fn section(&mut self, title: &str) {
        self.need(4.0 * LINE_HEIGHT);
        self.y -= 16.0;
        self.paragraph(title, MARGIN, FULL_WIDTH, Style::SECTION);
        self.y -= 3.0;
    }

    /// Exam, copy and the result that everyone looks for first.
    fn head(&mut self, document: &DocumentFacts, sheet: &ScoreSheet) {
        let top = self.y;
        let result = format!(
            "{} / {}",
            self.labels.points(sheet.total_hundredths),
            self.labels.points(sheet.maximum_total_hundredths)
        );
        self.text_to(self.labels.total, MAXIMUM_RIGHT, top - 8.0, Style::MUTED);
        self.text_to(&result, MAXIMUM_RIGHT, top - 32.0, Style::RESULT);
        let width = FULL_WIDTH - 150.0;
        self.paragraph(self.labels.score_sheet, MARGIN, width, Style::MUTED);
        if let Some(title) = &document.exam_title {
            self.paragraph(title, MARGIN, width, Style::TITLE);
        }
        let copy = format!("{} {}", self.labels.copy, document.anonymous_id);
        self.paragraph(&copy, MARGIN, width, Style::STRONG);
        self.y = self.y.min(top - 44.0) - 14.0;
    }

    fn sum(&mut self, sheet: &ScoreSheet) {
        self.column_heads();
        for line in &sheet.questions {
            self.question(line);
        }
        if !sheet.annotations.is_empty() {
            self.section(self.labels.annotation_points);
            for line in &sheet.annotations {
                self.annotation(line);
            }
        }
        self.need(LINE_HEIGHT + 14.0);
        self.y -= 5.0;
        self.rule(1.2);
        self.y -= 5.0;
        let points = self.labels.points(sheet.total_hundredths);
        let maximum = self.labels.points(sheet.maximum_total_hundredths);
        self.sum_line(self.labels.total, &points, Some(&maximum), Style::STRONG);
    }

    fn column_heads(&mut self) {
        let y = self.y - 9.0;
        self.text_at(self.labels.question, MARGIN, y, Style::MUTED);
        self.text_to(self.labels.points, POINTS_RIGHT, y, Style::MUTED);
        self.text_to(self.labels.maximum, MAXIMUM_RIGHT, y, Style::MUTED);
        self.y -= 14.0;
        self.rule(1.2);
        self.y -= 4.0;
    }

    fn question(&mut self, line: &QuestionLine) {
        self.need(2.0 * LINE_HEIGHT);
        let points = match line.points_hundredths {
            Some(points) => self.labels.points(points),
            None => self.labels.not_scored.to_owned(),
        };
        let maximum = self.labels.points(line.maximum_hundredths);
        self.sum_line(&line.label, &points, Some(&maximum), Style::STRONG);
        if let Some(remark) = line.remark.as_deref().filter(|text| !text.trim().is_empty()) {
            self.paragraph(remark, MARGIN + 10.0, WORDS_WIDTH - 10.0, Style::TEXT);
        }
        self.y -= 3.0;
        self.rule(0.5);
        self.y -= 3.0;
    }

    fn annotation(&mut self, line: &AnnotationPointsLine) {
        let mut words = format!(
            "{} {}, {} {} · {}",
            self.labels.page,
            line.page_index + 1,
            self.labels.note,
            line.number,
            self.labels.kind(line.kind)
        );
        if let Some(question) = &line.question {
            words.push_str(&format!(" · {question}"));
        }
        let points = self.labels.signed_points(line.points_hundredths);
        self.need(LINE_HEIGHT);
        self.sum_line(&words, &points, None, Style::TEXT);
    }

    /// Words at the left, wrapped; numbers at the right of their first line.
    fn sum_line(&mut self, words: &str, points: &str, maximum: Option<&str>, style: Style) {
        self.need(LINE_HEIGHT);
        let y = self.y - style.size;
        self.text_to(points, POINTS_RIGHT, y, style);
        if let Some(maximum) = maximum {
            self.text_to(maximum, MAXIMUM_RIGHT, y, Style::TEXT);
        }
        self.paragraph(words, MARGIN, WORDS_WIDTH, style);
    }

    fn notes(&mut self, spilled: &[Spilled<'_>]) {
        if spilled.is_empty() {
            return;
        }
        self.section(self.labels.notes);
        for note in spilled {
            self.need(3.0 * LINE_HEIGHT);
            let mark = note.mark;
            let mut heading = format!(
                "{} {}, {} {} · {}",
                self.labels.page,
                note.page_number,
                self.labels.note,
                mark.number,
                self.labels.kind(mark.kind)
            );
            if let Some(question) = &mark.question {
                heading.push_str(&format!(" · {question}"));
            }
            if let Some(points) = mark.points_hundredths {
                heading.push_str(&format!(" · {}", self.labels.signed_points(points)));
            }
            let colour = palette::of_kind(mark.kind);
            let bar =
                Area { x: MARGIN, y: self.y - LINE_HEIGHT + 1.0, width: 2.0, height: LINE_HEIGHT - 2.0 };
            self.page.push(Drawn::Bar(bar, colour));
            self.paragraph(&heading, MARGIN + 8.0, FULL_WIDTH - 8.0, Style { colour, ..Style::STRONG });
            self.paragraph(&mark.text, MARGIN + 8.0, FULL_WIDTH - 8.0, Style::TEXT);
            self.y -= 6.0;
        }
    }

    fn remarks(&mut self, remarks: &Remarks) {
        let pages: Vec<String> = remarks.incomplete_pages.iter().map(usize::to_string).collect();
        let characters: Vec<String> = remarks
            .without_glyph
            .iter()
            .map(|(character, count)| format!("U+{:04X} × {count}", u32::from(*character)))
            .collect();
        for (words, items) in [(self.labels.incomplete_pages, pages), (self.labels.without_glyph, characters)]
        {
            if !items.is_empty() {
                self.y -= 12.0;
                self.paragraph(&format!("{words} {}", items.join(", ")), MARGIN, FULL_WIDTH, Style::MUTED);
            }
        }
    }

    fn finish(mut self, document: &DocumentFacts) -> Vec<Buf> {
        self.pages.push(std::mem::take(&mut self.page));
        let count = self.pages.len();
        for (index, page) in std::mem::take(&mut self.pages).into_iter().enumerate() {
            let foot = format!(
                "{} {} · {} {} · {} {}",
                self.labels.copy,
                document.copy_id,
                self.labels.basis,
                document.basis_sequence,
                self.labels.attempt,
                document.attempt
            );
            let number = format!("{} {} / {count}", self.labels.score_sheet, index + 1);
            let foot = single_line(self.fonts, &foot, Weight::Regular);
            let number = single_line(self.fonts, &number, Weight::Regular);
            let mut canvas = Canvas::new(self.fonts);
            for drawn in &page {
                draw(&mut canvas, drawn);
            }
            canvas.text(&foot, MARGIN, 34.0, 7.0, palette::MUTED);
            let x = SHEET.width - MARGIN - number.width * 7.0 / 1000.0;
            canvas.text(&number, x, 34.0, 7.0, palette::MUTED);
            self.done.push(canvas.finish());
        }
        self.done
    }
}

fn draw(canvas: &mut Canvas<'_>, drawn: &Drawn) {
    match drawn {
        Drawn::Text { line, x, y, style } => canvas.text(line, *x, *y, style.size, style.colour),
        Drawn::Rule { y, x, width, weight } => {
            canvas.line((*x, *y), (x + width, *y), palette::RULE, *weight);
        }
        Drawn::Bar(area, colour) => canvas.fill(*area, 0.0, *colour),
    }
}
