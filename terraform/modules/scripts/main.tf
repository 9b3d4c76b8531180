# What jobs run and read, as objects of the scripts bucket: each under its path in the checkout.

resource "aws_s3_object" "this" {
  for_each = var.files

  bucket       = var.bucket
  key          = each.value
  source       = "${var.folder}/${each.value}"
  source_hash  = filemd5("${var.folder}/${each.value}")
  content_type = "text/plain; charset=utf-8"
}
