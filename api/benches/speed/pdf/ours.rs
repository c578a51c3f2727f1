//! What our own import, raster and finalisation take, as the service runs them.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{CopyId, Digest};
use fixtures::database::{TestCluster, TestDatabase};
use fixtures::exam;
use gradeledger::blobs::Blobs;
use gradeledger::pdf::overlay::{MILLIONTHS, MarkBox, MarkKind, MarkOverlay, Overlay, PageOverlay};
use gradeledger::pdf::{AskedBy, PdfLimits, PdfWorker};
use gradeledger::vault::{KeyStore, MasterKey};
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

/// Marks of each page.
const MARKS: usize = 5;
/// Pages are drawn at 144 dpi.
const PIXELS_PER_POINT: f32 = 2.0;
/// What Linux counts a process's time in, in milliseconds.
const TICK_MS: u64 = 10;

/// Children of the program, and a store of blobs that is on disk when it says so.
pub(super) struct Ours {
    worker: PdfWorker,
    blobs: Blobs,
    _folder: TempDir,
    _database: TestDatabase,
    _cluster: TestCluster,
}

/// A whole file's work.
#[derive(Clone, Copy)]
pub(super) struct Took {
    pub(super) wall: Duration,
    /// Of this process and its children, on all cores.
    pub(super) cpu_ms: u64,
    /// Of what was made.
    pub(super) bytes: usize,
}

impl Ours {
    pub(super) const fn worker(&self) -> &PdfWorker {
        &self.worker
    }

    pub(super) async fn open() -> Self {
        let cluster = TestCluster::durable().await;
        let (database, folder) = (cluster.database().await, TempDir::new().unwrap());
        let master = MasterKey::random().unwrap();
        let keys = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
        let blobs = Blobs::in_folder(folder.path(), keys).unwrap();
        let program = env!("CARGO_BIN_EXE_gradeledger").into();
        let worker = PdfWorker { program, limits: PdfLimits::default(), asked_by: AskedBy::default() };
        Self { worker, blobs, _folder: folder, _database: database, _cluster: cluster }
    }

    /// As the worker of a service does it: a child that draws, hashes and encodes, each page encrypted and stored.
    pub(super) async fn import(&self, source: &Bytes) -> Took {
        let copy = CopyId(Uuid::now_v7());
        let (mut bytes, began, used) = (0, Instant::now(), cpu_ms());
        let store = |page: gradeledger::pdf::RenderedPage| {
            bytes += page.png.len();
            async move {
                let stored = self.blobs.put(copy, page.png).await.unwrap();
                assert_eq!(stored.0, page.sha256);
                Ok::<_, Infallible>(())
            }
        };
        self.worker.import(source.clone(), store).await.unwrap();
        Took { wall: began.elapsed(), cpu_ms: cpu_ms() - used, bytes }
    }

    /// The same for a finalisation: until the file is made, and until it is stored.
    pub(super) async fn finalise(&self, source: &Bytes, overlay: &Overlay) -> [Took; 2] {
        let copy = CopyId(Uuid::now_v7());
        // As a source comes from the store, which checks it.
        let sha256 = Digest::of(source).0;
        let (began, used) = (Instant::now(), cpu_ms());
        let made = self.worker.finalise(source.clone(), sha256, overlay).await.unwrap();
        let bytes = made.bytes.len();
        let finished = Took { wall: began.elapsed(), cpu_ms: cpu_ms() - used, bytes };
        let stored = self.blobs.put(copy, made.bytes).await.unwrap();
        assert_eq!(stored.0, made.sha256);
        [finished, Took { wall: began.elapsed(), cpu_ms: cpu_ms() - used, bytes }]
    }
}

/// The drawing alone, on one thread.
pub(super) fn raster(source: &Bytes) -> Duration {
    let began = Instant::now();
    let pdf = Pdf::new(source.to_vec()).unwrap();
    let pixels = PixmapSettings { x_scale: PIXELS_PER_POINT, y_scale: PIXELS_PER_POINT, bg_color: WHITE };
    for page in pdf.pages().iter() {
        let (cache, how) = (RenderCache::new(), RenderSettings::default());
        render(page, &cache, &InterpreterSettings::default(), &how, &pixels);
    }
    began.elapsed()
}

/// Five marks a page with what graders write, and a score sheet.
pub(super) fn overlay(pages: usize) -> Overlay {
    let texts = [exam::FRENCH, exam::GREEK, exam::REMARK, exam::ARABIC, exam::APPRECIATION];
    let kinds = [MarkKind::Comment, MarkKind::Error, MarkKind::Bonus, MarkKind::Highlight, MarkKind::Error];
    let mark = |nth: usize| MarkOverlay {
        number: nth as u32 + 1,
        area: MarkBox {
            x: MILLIONTHS / 10,
            y: MILLIONTHS / 10 + MILLIONTHS * 3 / 20 * nth as u32,
            width: MILLIONTHS * 4 / 10,
            height: MILLIONTHS / 20,
        },
        kind: kinds[nth],
        points_hundredths: None,
        question: None,
        text: texts[nth].to_owned(),
    };
    let questions = exam::scheme().into_iter().map(|question| {
        json!({
            "label": question.id.to_string(), "points_hundredths": 0,
            "maximum_hundredths": question.maximum.0, "remark": exam::REMARK,
        })
    });
    let score_sheet = json!({
        "questions": questions.collect::<Vec<_>>(), "total_hundredths": 0, "maximum_total_hundredths": 2_000,
        "appreciation": exam::APPRECIATION,
    });
    Overlay {
        document: serde_json::from_value(json!({
            "exam_title": exam::CODE, "anonymous_id": "A-17", "copy_id": "0", "basis_sequence": 97, "attempt": 1,
        }))
        .unwrap(),
        pages: (0..pages)
            .map(|page_index| PageOverlay { page_index, marks: (0..MARKS).map(mark).collect() })
            .collect(),
        score_sheet: serde_json::from_value(score_sheet).unwrap(),
    }
}

/// Time of this process and of its children that have ended, on all cores (proc(5), fields 14 to 17).
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(4);
    fields.map(|field| field.parse::<u64>().unwrap()).sum::<u64>() * TICK_MS
}
