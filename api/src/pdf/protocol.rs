//! What parent and child say to each other over the child's stdin and stdout.
//!
//! A frame is one byte that names its kind, four bytes with the length of its payload (big endian), and the
//! payload. Each kind has its own greatest length, checked by the reader before it reads on.
//!
//! | from | frames |
//! |---|---|
//! | parent | `Job`, then for a finalisation `Overlay`, then `Source`; then stdin stays open until the answer is read, and its end tells the child that the parent is gone |
//! | child | `Opened`, then `Page` for each page in order, then `Imported`; or `Output`, then `Finalised`; or `Failed` at any point, and nothing after it |

use std::io::{self, Read, Write};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::finalise::FinaliseWarning;
use super::{PdfLimits, RenderWarning, RenderedPage};

/// Greatest length of a frame that holds a small JSON document.
const SMALL_JSON_BYTES_MAX: u64 = 1024 * 1024;

/// PNG chunks, and the stored blocks of pixels that cannot be compressed, beside three bytes a pixel.
const PNG_OVERHEAD_BYTES: u64 = 2 * 1024 * 1024;

/// Index, width, height and SHA-256 before a page's PNG.
const PAGE_HEAD_BYTES: usize = 4 + 4 + 4 + 32;

const FRAME_HEAD_BYTES: usize = 5;

/// The kinds of frame, with the byte that names each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// JSON of [`Job`].
    Job = 1,
    /// JSON of what is to be drawn.
    Overlay = 2,
    /// The bytes of the PDF.
    Source = 3,
    /// Index, width and height (`u32`, big endian), SHA-256, PNG.
    Page = 4,
    /// JSON of [`Imported`].
    Imported = 5,
    /// The bytes of the final PDF.
    Output = 6,
    /// JSON of [`Finalised`].
    Finalised = 7,
    /// JSON of `PdfError`.
    Failed = 8,
    /// JSON of [`Opened`].
    Opened = 9,
}

impl FrameKind {
    fn from_byte(byte: u8) -> io::Result<Self> {
        let kinds = [
            Self::Job,
            Self::Overlay,
            Self::Source,
            Self::Page,
            Self::Imported,
            Self::Output,
            Self::Finalised,
            Self::Failed,
            Self::Opened,
        ];
        kinds
            .into_iter()
            .find(|kind| *kind as u8 == byte)
            .ok_or_else(|| malformed("a frame of an unknown kind"))
    }

    fn bytes_max(self, limits: &PdfLimits) -> u64 {
        match self {
            Self::Job | Self::Imported | Self::Finalised | Self::Failed | Self::Opened => {
                SMALL_JSON_BYTES_MAX
            }
            Self::Overlay => limits.overlay_bytes_max,
            Self::Source => limits.source_bytes_max,
            Self::Page => limits.page_pixels_max.saturating_mul(3).saturating_add(PNG_OVERHEAD_BYTES),
            Self::Output => limits.output_bytes_max,
        }
    }
}

/// What the child is asked to do, and within which limits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) limits: PdfLimits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    Import,
    Finalise {
        /// Of the source, as the parent has it from where it checked the source against it.
        source_sha256: [u8; 32],
    },
}

impl Task {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Finalise { .. } => "finalise",
        }
    }
}

/// What an import has to do, told before any of it is done: an import that fails is counted by it too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opened {
    pub(super) page_count: u32,
}

/// The end of an import that succeeded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Imported {
    pub(super) page_count: u32,
    pub(super) warnings: Vec<RenderWarning>,
}

/// The end of a finalisation that succeeded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finalised {
    pub(super) sha256: [u8; 32],
    pub(super) source_page_count: u32,
    pub(super) page_count: u32,
    pub(super) warnings: Vec<FinaliseWarning>,
}

/// A frame as read.
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) payload: Vec<u8>,
}

crate::redacted::debug_without_the_rest! { Frame { kind } }

/// Writes one frame whose payload is the concatenation of `parts`.
pub(super) fn write_frame(out: &mut impl Write, kind: FrameKind, parts: &[&[u8]]) -> io::Result<()> {
    out.write_all(&frame_head(kind, parts)?)?;
    for part in parts {
        out.write_all(part)?;
    }
    out.flush()
}

/// As [`write_frame`], for the parent.
pub(super) async fn send_frame(
    out: &mut (impl AsyncWrite + Unpin),
    kind: FrameKind,
    payload: &[u8],
) -> io::Result<()> {
    out.write_all(&frame_head(kind, &[payload])?).await?;
    out.write_all(payload).await?;
    out.flush().await
}

/// Reads one frame.
///
/// # Errors
/// `InvalidData` for an unknown kind or a payload over its limit, `UnexpectedEof` when the other side is gone.
pub(super) fn read_frame(input: &mut impl Read, limits: &PdfLimits) -> io::Result<Frame> {
    let mut head = [0; FRAME_HEAD_BYTES];
    input.read_exact(&mut head)?;
    let (kind, length) = parse_head(head, limits)?;
    let mut payload = vec![0; length];
    input.read_exact(&mut payload)?;
    Ok(Frame { kind, payload })
}

/// As [`read_frame`], for the parent.
pub(super) async fn receive_frame(
    input: &mut (impl AsyncRead + Unpin),
    limits: &PdfLimits,
) -> io::Result<Frame> {
    let mut head = [0; FRAME_HEAD_BYTES];
    input.read_exact(&mut head).await?;
    let (kind, length) = parse_head(head, limits)?;
    let mut payload = vec![0; length];
    input.read_exact(&mut payload).await?;
    Ok(Frame { kind, payload })
}

/// The bytes that stand before the PNG in a `Page` frame.
pub(super) fn page_head(page: &RenderedPage) -> [u8; PAGE_HEAD_BYTES] {
    let mut head = [0; PAGE_HEAD_BYTES];
    head[..4].copy_from_slice(&page.index.to_be_bytes());
    head[4..8].copy_from_slice(&page.width_pixels.to_be_bytes());
    head[8..12].copy_from_slice(&page.height_pixels.to_be_bytes());
    head[12..].copy_from_slice(&page.sha256);
    head
}

/// The page in the payload of a `Page` frame; the PNG is not copied.
pub(super) fn parse_page(payload: Vec<u8>) -> io::Result<RenderedPage> {
    let (head, _) =
        payload.split_first_chunk::<PAGE_HEAD_BYTES>().ok_or_else(|| malformed("a short page"))?;
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (index, width_pixels, height_pixels) = (number(0), number(4), number(8));
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(&head[12..]);
    let png = Bytes::from(payload).slice(PAGE_HEAD_BYTES..);
    Ok(RenderedPage { index, width_pixels, height_pixels, sha256, png })
}

fn frame_head(kind: FrameKind, parts: &[&[u8]]) -> io::Result<[u8; FRAME_HEAD_BYTES]> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(length).map_err(|_| malformed("a frame over 4 GiB"))?;
    let mut head = [kind as u8, 0, 0, 0, 0];
    head[1..].copy_from_slice(&length.to_be_bytes());
    Ok(head)
}

fn parse_head(head: [u8; FRAME_HEAD_BYTES], limits: &PdfLimits) -> io::Result<(FrameKind, usize)> {
    let [kind, length @ ..] = head;
    let kind = FrameKind::from_byte(kind)?;
    let length = u32::from_be_bytes(length);
    if u64::from(length) > kind.bytes_max(limits) {
        return Err(malformed("a frame over its limit"));
    }
    Ok((kind, length as usize))
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_arrives_as_it_was_sent() {
        let limits = PdfLimits::default();
        let sent = RenderedPage {
            index: 7,
            width_pixels: 1191,
            height_pixels: 1684,
            sha256: [3; 32],
            png: bytes::Bytes::from_static(b"png"),
        };
        let mut wire = Vec::new();
        write_frame(&mut wire, FrameKind::Page, &[&page_head(&sent), &sent.png]).unwrap();
        let frame = read_frame(&mut wire.as_slice(), &limits).unwrap();
        assert_eq!(frame.kind, FrameKind::Page);
        assert_eq!(parse_page(frame.payload).unwrap(), sent);
    }

    #[test]
    fn a_frame_that_claims_more_than_its_kind_allows_is_refused_before_it_is_read() {
        let wire = [FrameKind::Failed as u8, 0xff, 0xff, 0xff, 0xff];
        let error = read_frame(&mut wire.as_slice(), &PdfLimits::default()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_frame_cut_short_is_an_end_of_file_and_an_unknown_kind_is_malformed() {
        let limits = PdfLimits::default();
        let mut wire = Vec::new();
        write_frame(&mut wire, FrameKind::Source, &[b"%PDF-1.7"]).unwrap();
        wire.pop();
        assert_eq!(
            read_frame(&mut wire.as_slice(), &limits).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        wire[0] = 99;
        assert_eq!(read_frame(&mut wire.as_slice(), &limits).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_page_without_its_head_is_malformed() {
        assert_eq!(parse_page(vec![0; 12]).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
