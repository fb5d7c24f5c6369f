"""Super-resolution: a picture with more pixels than it had.

super_resolver   the task model                  networks/        the networks, one paper a file
training_crops   crops of photographs            quality          PSNR and SSIM beside bicubic interpolation
picture_tiles    pictures of any size, in bounded memory
"""
