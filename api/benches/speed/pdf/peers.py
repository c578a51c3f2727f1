"""What others need for the same pages: `python3 - WORK FILE` prints one line of JSON.

The modules are loaded and the file is read before the clock starts; the document is opened after that, as ours is. Nothing is
stored, hashed or encrypted here, where ours does all three.
"""

import io
import json
import sys
import time

DPI = 144
MARKS = 5
COMMENT = "Très bien rédigé : l’hypothèse de récurrence est énoncée."


def boxes(width, height):
    """Where the marks of a page lie, the same as ours."""
    for nth in range(MARKS):
        top = height * (0.1 + 0.15 * nth)
        yield width * 0.1, top, width * 0.4, top + height * 0.05


def mupdf_marks(module, page):
    for box in boxes(page.rect.width, page.rect.height):
        area = module.Rect(*box)
        page.add_rect_annot(area).update()
        below = module.Rect(area.x0, area.y1, area.x1, area.y1 + 30)
        page.add_freetext_annot(below, COMMENT, fontsize=8).update()


def pymupdf(work, source):
    import pymupdf

    def run():
        document = pymupdf.open(stream=source, filetype="pdf")
        size = 0
        if work == "raster":
            for page in document:
                page.get_pixmap(dpi=DPI)
        elif work == "import":
            for page in document:
                size += len(page.get_pixmap(dpi=DPI).tobytes("png"))
        elif work == "import-grey":
            for page in document:
                size += len(page.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY).tobytes("png"))
        elif work == "flatten":
            made = pymupdf.open()
            for page in document:
                mupdf_marks(pymupdf, page)
                png = page.get_pixmap(dpi=DPI).tobytes("png")
                new = made.new_page(width=page.rect.width, height=page.rect.height)
                new.insert_image(new.rect, stream=png)
            size = len(made.tobytes(deflate=True))
        elif work == "annotate":
            for page in document:
                mupdf_marks(pymupdf, page)
            size = len(document.tobytes())
        return len(document), size

    return "PyMuPDF " + pymupdf.__version__, run


def pdfium(work, source):
    import pypdfium2

    def run():
        document = pypdfium2.PdfDocument(source)
        size = 0
        for page in document:
            bitmap = page.render(scale=DPI / 72)
            if work == "import":
                png = io.BytesIO()
                bitmap.to_pil().save(png, "PNG")
                size += png.tell()
        return len(document), size

    return "pdfium " + str(pypdfium2.PDFIUM_INFO), run


def main():
    peer, work, file = sys.argv[1:]
    with open(file, "rb") as opened:
        source = opened.read()
    who, run = {"pymupdf": pymupdf, "pdfium": pdfium}[peer](work, source)
    began, used = time.perf_counter(), time.process_time()
    pages, size = run()
    took, used = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"who": who, "pages": pages, "ms": took * 1e3 / pages, "cpu_ms": used * 1e3 / pages, "bytes": size}))


main()
