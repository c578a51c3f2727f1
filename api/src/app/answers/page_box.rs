//! A place on a page in JSON: fractions of the displayed page, from 0 to 1.

use domain::PageBox;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rectangle on the displayed page: origin top left, every number a fraction of the page's width or height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"x": 0.12, "y": 0.3, "width": 0.25, "height": 0.05}))]
pub struct BoxJson {
    /// Left edge.
    #[schema(minimum = 0, maximum = 1)]
    pub x: f64,
    /// Top edge.
    #[schema(minimum = 0, maximum = 1)]
    pub y: f64,
    /// Width, above 0.
    #[schema(minimum = 0, maximum = 1)]
    pub width: f64,
    /// Height, above 0.
    #[schema(minimum = 0, maximum = 1)]
    pub height: f64,
}

/// A box that is none: a number outside 0..=1, or edges outside the page (L18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "box: x, y, width and height are fractions of the page from 0 to 1; width and height are above 0, and \
     x + width and y + height at most 1"
)]
pub struct InvalidBox;

impl From<PageBox> for BoxJson {
    fn from(area: PageBox) -> Self {
        let fraction = |millionths: u32| f64::from(millionths) / f64::from(PageBox::PAGE);
        Self {
            x: fraction(area.x),
            y: fraction(area.y),
            width: fraction(area.width),
            height: fraction(area.height),
        }
    }
}

impl TryFrom<BoxJson> for PageBox {
    type Error = InvalidBox;

    fn try_from(json: BoxJson) -> Result<Self, InvalidBox> {
        let (x, width) = side(json.x, json.width)?;
        let (y, height) = side(json.y, json.height)?;
        let area = Self { x, y, width, height };
        if area.is_inside_page() { Ok(area) } else { Err(InvalidBox) }
    }
}

/// Start and length in millionths. Both edges are rounded, not the length: a box that ends on the page's edge
/// must not be pushed over it by two roundings.
fn side(start: f64, length: f64) -> Result<(u32, u32), InvalidBox> {
    let from = millionths(start)?;
    millionths(length)?;
    let to = millionths(start + length)?;
    Ok((from, to - from))
}

fn millionths(fraction: f64) -> Result<u32, InvalidBox> {
    let rounded = (fraction * f64::from(PageBox::PAGE)).round();
    // Also false for NaN.
    if (0.0..=f64::from(PageBox::PAGE)).contains(&rounded) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=1_000_000, whole")]
        Ok(rounded as u32)
    } else {
        Err(InvalidBox)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOX: BoxJson = BoxJson { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };

    proptest! {
        #[test]
        fn a_box_survives_json_to_the_millionth(
            x in 0..1_000_000_u32, y in 0..1_000_000_u32, w in 0.0..1.0_f64, h in 0.0..1.0_f64,
        ) {
            let rest = |start: u32, part: f64| 1 + (f64::from(PageBox::PAGE - start - 1) * part) as u32;
            let area = PageBox { x, y, width: rest(x, w), height: rest(y, h) };
            let text = serde_json::to_string(&BoxJson::from(area)).unwrap();
            let read: BoxJson = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(PageBox::try_from(read), Ok(area));
        }
    }

    #[test]
    fn a_box_that_ends_on_the_edge_is_inside_whatever_its_digits() {
        let thirds = BoxJson { x: 1.0 / 3.0, width: 2.0 / 3.0, ..BOX };
        assert_eq!(
            PageBox::try_from(thirds),
            Ok(PageBox { x: 333_333, y: 200_000, width: 666_667, height: 400_000 })
        );
    }

    #[test]
    fn no_number_outside_the_page_makes_a_box() {
        for x in [f64::NAN, f64::INFINITY, -0.1, 1.1, 0.8] {
            assert_eq!(PageBox::try_from(BoxJson { x, ..BOX }), Err(InvalidBox), "{x}");
        }
        for width in [f64::NAN, f64::NEG_INFINITY, -0.05, 0.0, 0.95] {
            assert_eq!(PageBox::try_from(BoxJson { width, ..BOX }), Err(InvalidBox), "{width}");
        }
    }
}
