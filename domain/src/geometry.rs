//! Places on a page, in millionths of the page as it is shown.

use serde::{Deserialize, Serialize};

/// A rectangle on a displayed page (after its rotation): origin top left, x to the right, y down, every
/// number in millionths of the page's width or height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageBox {
    /// Left edge, 0..=1_000_000.
    pub x: u32,
    /// Top edge, 0..=1_000_000.
    pub y: u32,
    /// Width, from 1.
    pub width: u32,
    /// Height, from 1.
    pub height: u32,
}

impl PageBox {
    /// The whole page, in each direction.
    pub const PAGE: u32 = 1_000_000;

    /// Whether the box has an area and lies inside the page (L18).
    #[must_use]
    pub fn is_inside_page(&self) -> bool {
        let fits = |start: u32, length: u32| {
            length > 0 && u64::from(start) + u64::from(length) <= u64::from(Self::PAGE)
        };
        fits(self.x, self.width) && fits(self.y, self.height)
    }
}
