//! Pixels to PNG, quickly.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, PixelDimensions, Unit};

/// 144 dots an inch in dots a metre, as the pHYs chunk wants it (PNG, third edition, section 11.3.4.3).
const PIXELS_PER_METRE: u32 = 5_669;

/// Encodes opaque RGBA pixels as PNG: 8-bit grey when every pixel is grey, else 8-bit RGB, never alpha.
///
/// # Errors
/// When `rgba` does not hold `width * height` pixels, or either side is 0.
pub(crate) fn encode_opaque(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, EncodingError> {
    match to_grey(rgba) {
        Some(grey) => encode(&grey, width, height, ColorType::Grayscale),
        None => encode(&to_rgb(rgba), width, height, ColorType::Rgb),
    }
}

fn encode(samples: &[u8], width: u32, height: u32, colour: ColorType) -> Result<Vec<u8>, EncodingError> {
    // Scans are noise: they compress to about two thirds, and growing the buffer costs copies.
    let mut out = Vec::with_capacity(samples.len() + samples.len() / 16 + 1_024);
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(colour);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: PIXELS_PER_METRE,
        yppu: PIXELS_PER_METRE,
        unit: Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(samples)?;
    writer.finish()?;
    out.shrink_to_fit();
    Ok(out)
}

/// The red channel when all three agree in every pixel.
fn to_grey(rgba: &[u8]) -> Option<Vec<u8>> {
    // Without branches inside a block, so that the compiler can use vectors; colour is noticed a block later.
    const BLOCK_PIXELS: usize = 4_096;
    let (pixels, _) = rgba.as_chunks::<4>();
    let mut grey = Vec::with_capacity(pixels.len());
    for block in pixels.chunks(BLOCK_PIXELS) {
        let difference =
            block.iter().fold(0, |seen, [red, green, blue, _]| seen | (red ^ green) | (red ^ blue));
        if difference != 0 {
            return None;
        }
        grey.extend(block.iter().map(|[red, ..]| *red));
    }
    Some(grey)
}

fn to_rgb(rgba: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgba.as_chunks::<4>();
    let mut rgb = vec![0; pixels.len() * 3];
    for (out, [red, green, blue, _]) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        *out = [*red, *green, *blue];
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(png: &[u8]) -> (ColorType, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut samples).unwrap();
        (info.color_type, samples)
    }

    #[test]
    fn a_grey_page_becomes_a_grey_png_with_the_same_pixels() {
        let grey: Vec<u8> = (0..=255).cycle().take(300 * 40).collect();
        let rgba: Vec<u8> = grey.iter().flat_map(|&value| [value, value, value, 255]).collect();
        assert_eq!(decoded(&encode_opaque(&rgba, 300, 40).unwrap()), (ColorType::Grayscale, grey));
    }

    #[test]
    fn one_coloured_pixel_keeps_the_colours() {
        let mut rgba = [200, 200, 200, 255].repeat(300 * 40);
        let last = rgba.len() - 4;
        rgba[last..].copy_from_slice(&[200, 201, 200, 255]);
        let (colour, rgb) = decoded(&encode_opaque(&rgba, 300, 40).unwrap());
        assert_eq!(colour, ColorType::Rgb);
        assert_eq!(rgb[rgb.len() - 3..], [200, 201, 200]);
        assert_eq!(rgb.len(), 300 * 40 * 3);
    }
}
