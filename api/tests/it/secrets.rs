//! Types that hold secrets and what people wrote: nothing shows them by accident.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use bytes::Bytes;
use domain::{ActorId, AnonymousId, Digest, ExamId, Role};
use gradeledger::app::texts::{FileName, Prose, Reason};
use gradeledger::app::{self, Caller, CommandKey, Exported, PageImage, Scan, Written};
use gradeledger::http::{Call, PdfUpload};
use gradeledger::ledger::Place;
use gradeledger::pdf::overlay::{MarkBox, MarkKind, MarkOverlay, QuestionLine, ScoreSheet};
use gradeledger::pdf::{self, RenderedPage};
use gradeledger::tokens::{Given, Known, Listed, Token, TokenHash};
use gradeledger::vault::{
    DataKey, KeyStore, LockTokens, MasterKey, Opened, Sealed, SecretText, ServerKeys, SignInHash,
    SignInNames, Vault,
};
use migrations::{Databases, Source};
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

/// What stands in every secret place.
const MARKER: &str = "Zaphod-Beeblebrox";

fn marker<T: TryFrom<String, Error: Debug>>() -> T {
    MARKER.to_owned().try_into().unwrap()
}

fn bytes() -> Bytes {
    Bytes::from_static(MARKER.as_bytes())
}

fn anonymous_id() -> AnonymousId {
    "A-1".parse().unwrap()
}

fn place() -> Place {
    Place { epoch: Uuid::nil(), number: 7 }
}

fn mark() -> MarkOverlay {
    let area = MarkBox { x: 0, y: 0, width: 1, height: 1 };
    let text = MARKER.to_owned();
    MarkOverlay { number: 1, area, kind: MarkKind::Comment, points_hundredths: None, question: None, text }
}

fn score_sheet() -> ScoreSheet {
    let remark = Some(MARKER.to_owned());
    let line =
        QuestionLine { label: "1".to_owned(), points_hundredths: None, maximum_hundredths: 1_000, remark };
    ScoreSheet {
        questions: vec![line],
        annotations: Vec::new(),
        total_hundredths: 0,
        maximum_total_hundredths: 1_000,
        appreciation: Some(MARKER.to_owned()),
    }
}

fn listed() -> Listed {
    let (token_id, actor_id, role) = (Uuid::nil(), Uuid::nil(), "admin".to_owned());
    let (name, created_at) = (Some(MARKER.to_owned()), sqlx::types::chrono::DateTime::UNIX_EPOCH);
    Listed { token_id, actor_id, name, role, created_at, expires_at: None, revoked_at: None }
}

/// Everything that can be made with the marker in it.
fn all() -> Vec<Box<dyn Debug>> {
    let key = || CommandKey { key: MARKER.to_owned(), asked: MARKER.as_bytes().to_vec() };
    let options = || PgConnectOptions::new_without_pgpass().password(MARKER);
    let url = || format!("postgres://ledger:{MARKER}@db7/ledger");
    let sha256 = Digest([7; 32]);
    vec![
        Box::new(marker::<Prose>()),
        Box::new(marker::<Reason>()),
        Box::new(marker::<FileName>()),
        Box::new(SecretText::new(MARKER.to_owned())),
        Box::new(Opened::Text(SecretText::new(MARKER.to_owned()))),
        Box::new(key()),
        Box::new(Caller {
            actor: ActorId(Uuid::nil()),
            role: Role::Admin,
            request_id: "r-1".to_owned(),
            found: None,
            traceparent: None,
            key: Some(key()),
        }),
        Box::new(Scan {
            exam: ExamId(Uuid::nil()),
            anonymous_id: anonymous_id(),
            pdf: bytes(),
            sha256,
            filename: Some(marker()),
        }),
        Box::new(Written { answer: MARKER.into(), position: place(), is_read: false }),
        Box::new(Exported { bytes: bytes(), sha256, anonymous_id: anonymous_id(), position: place() }),
        Box::new(app::FinalPdf { pdf: bytes(), sha256, anonymous_id: anonymous_id() }),
        Box::new(PageImage { png: bytes(), sha256 }),
        Box::new(RenderedPage { index: 0, width_pixels: 1, height_pixels: 1, sha256: [7; 32], png: bytes() }),
        Box::new(pdf::FinalPdf {
            bytes: bytes(),
            sha256: [7; 32],
            source_page_count: 1,
            page_count: 2,
            warnings: Vec::new(),
            duration: std::time::Duration::ZERO,
        }),
        Box::new(pdf::finalise::FinalPdf {
            bytes: MARKER.as_bytes().to_vec(),
            source_pages: 1,
            page_count: 2,
            warnings: Vec::new(),
        }),
        Box::new(mark()),
        Box::new(score_sheet()),
        Box::new(listed()),
        Box::new(Known {
            actor_id: Uuid::nil(),
            name: Some(MARKER.to_owned()),
            signs_in: false,
            blocked_at: None,
            reason: Some(MARKER.to_owned()),
        }),
        Box::new(Source::Existing { ledger_url: url(), keys_url: url() }),
        Box::new(Databases { ledger: options(), keys: options(), private: None }),
    ]
}

#[test]
fn no_type_that_holds_a_secret_or_a_text_shows_it_by_debug() {
    // As bytes, each way that Debug may show them.
    let numbers = format!("{:?}", MARKER.as_bytes());
    for value in all() {
        for shown in [format!("{value:?}"), format!("{value:#?}").replace(['\n', ' '], "")] {
            assert!(!shown.contains(MARKER), "{shown}");
            assert!(!shown.contains(&numbers) && !shown.contains(&numbers.replace(' ', "")), "{shown}");
        }
    }
}

#[test]
fn keys_show_nothing_of_themselves() {
    let digits = "0123456789abcdef".repeat(4);
    let master = MasterKey::from_text(&digits).unwrap();
    let keys = ServerKeys::of(&master);
    let shown = format!("{master:?} {keys:?} {:?}", keys.lock_tokens());
    assert_eq!(shown, "MasterKey([secret]) ServerKeys([secret]) LockTokens([secret])");
    let names = keys.sign_ins();
    let shown = format!("{names:?} {:?}", names.of_staff("https://sso.example", "anna"));
    assert_eq!(shown, "SignInNames([secret]) SignInHash(…)");
}

/// Whether a type has a trait, told by which of two constants its name finds: the inherent one goes first.
struct Probe<T>(PhantomData<T>);

trait Hidden {
    const DISPLAYED: bool = false;
}

impl<T> Hidden for Probe<T> {}

impl<T: Display> Probe<T> {
    const DISPLAYED: bool = true;
}

macro_rules! assert_without_display {
    ($($type:ty),+ $(,)?) => {$(
        const { assert!(!Probe::<$type>::DISPLAYED, concat!(stringify!($type), " can be displayed")) };
    )+};
}

#[test]
fn no_type_that_holds_a_secret_or_a_text_can_be_displayed() {
    const { assert!(Probe::<String>::DISPLAYED, "the probe finds what is there") };
    assert_without_display!(
        MasterKey,
        ServerKeys,
        LockTokens,
        SignInNames,
        SignInHash,
        DataKey,
        KeyStore,
        Vault,
        Token,
        TokenHash,
        SecretText,
        Opened,
        Sealed,
        Prose,
        Reason,
        FileName,
        CommandKey,
        Caller,
        Call,
        PdfUpload,
        Scan,
        Written,
        Exported,
        app::FinalPdf,
        PageImage,
        RenderedPage,
        pdf::FinalPdf,
        pdf::finalise::FinalPdf,
        MarkOverlay,
        ScoreSheet,
        QuestionLine,
        Listed,
        Known,
        Given,
        Source,
        Databases,
    );
}
